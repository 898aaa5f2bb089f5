import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import type { S3SinkConfig } from '../../src/config/types.ts';
import { createS3Sink, objectKey } from '../../src/sink/s3.ts';
import type { Batch, SinkWriter } from '../../src/sink/sink.ts';
import { sinkDeps } from './deps.ts';
import { batchOf, KeptContext, NEVER, record, SOURCE } from './records.ts';

/*
 * A stub of S3 for answers that the real servers of test/servers cannot be made to give. Everything else about this
 * sink is tested there.
 */

interface Refusal {
  readonly status: number;
  readonly code: string;
}

let server: Server;
/** Objects by key, and how often each was written. */
let objects: Map<string, { body: Buffer; metadata: Record<string, string>; writes: number }>;
/** Answers for the next writes, instead of storing. */
let refusals: Refusal[];
/** What the stub does with `If-None-Match`. */
let conditions: 'honoured' | 'ignored' | 'refused';
/** Bodies are taken, and the answer is this. */
let lostAnswers: number;

const names = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => name.startsWith('x-amz-meta-'))
      .map(([name, value]) => [name, String(value)]),
  );

function refuse(response: ServerResponse, { status, code }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() });
  response.end(`<Error><Code>${code}</Code><Message>said by the stub</Message></Error>`);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const key = new URL(request.url!, 'http://stub').pathname;
  const there = objects.get(key);
  if (request.method === 'HEAD') {
    response.writeHead(there === undefined ? 404 : 200, there?.metadata).end();
    return;
  }
  const refusal = key.endsWith('/probe') ? undefined : refusals.shift();
  if (refusal !== undefined) return refuse(response, refusal);
  if (request.headers['if-none-match'] !== undefined) {
    if (conditions === 'refused') return refuse(response, { status: 501, code: 'NotImplemented' });
    if (conditions === 'honoured' && there !== undefined) {
      return refuse(response, { status: 412, code: 'PreconditionFailed' });
    }
  }
  objects.set(key, {
    body: Buffer.concat(chunks),
    metadata: names(request),
    writes: (there?.writes ?? 0) + 1,
  });
  if (!key.endsWith('/probe') && lostAnswers-- > 0) request.socket.destroy();
  else response.writeHead(200, { etag: '"1"' }).end();
}

beforeEach(async () => {
  objects = new Map();
  refusals = [];
  conditions = 'honoured';
  lostAnswers = 0;
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function opened(): Promise<SinkWriter> {
  const config: S3SinkConfig = {
    type: 's3',
    id: 'archive',
    sources: ['acme'],
    from: 'earliest',
    format: 'ecs',
    records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
    batch: { maxRecords: 1_000, maxBytes: 5 * 2 ** 20, maxWaitMs: 1_000 },
    bucket: 'audit',
    prefix: '',
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { accessKeyId: 'key', secretAccessKey: new Secret('secret-of-the-test') },
    expectedBucketOwner: undefined,
    roll: 'each',
    sse: undefined,
    kmsKeyId: undefined,
    objectLock: undefined,
    caFile: undefined,
  };
  const sink = await createS3Sink(config, sinkDeps());
  onTestFinished(() => sink.close());
  return await sink.open(new KeptContext());
}

function batch(from: number, to: number): Batch {
  const records = Array.from({ length: to - from }, (_, i) => record(from + i, '2026-01-01'));
  return { ...batchOf(records), range: { first: 1, last: 1 } };
}

/** How often each object but the probe was written. */
function writes(): number[] {
  return [...objects].filter(([key]) => !key.endsWith('/probe')).map(([, { writes }]) => writes);
}

describe('S3 sink', () => {
  it('a key names source, chain, format, event date and segments', () => {
    const config = { prefix: 'logs/', format: 'ocsf' } as const;
    const range = { first: 7, last: 1_234_567_890_123 };
    expect(objectKey(config, SOURCE, '2026-05-01', range)).toBe(
      'logs/acme/00000000000000aa/ocsf/date=2026-05-01/000000000007-1234567890123.ndjson.gz',
    );
    expect(objectKey({ prefix: '', format: 'raw' }, SOURCE, undefined, range)).toContain(
      'acme/00000000000000aa/raw/date=undated/',
    );
  });

  it.each([
    ['67', { status: 503, code: 'SlowDown' }, 'sink.unavailable'],
    ['67', { status: 500, code: 'InternalError' }, 'sink.unavailable'],
    ['68', { status: 403, code: 'RequestTimeTooSkewed' }, 'sink.clock_skew'],
    ['69', { status: 400, code: 'BadDigest' }, 'sink.checksum'],
    ['69', { status: 400, code: 'XAmzContentChecksumMismatch' }, 'sink.checksum'],
    ['71', { status: 409, code: 'ConditionalRequestConflict' }, 'sink.conflict'],
  ])(
    'faults 67, 68, 69 and 71 (%s): after %o the same object is written again, under the same key',
    async (_, refusal, code) => {
      const writer = await opened();
      await writer.write(batch(0, 3), NEVER);
      refusals.push(refusal, refusal);
      for (let i = 0; i < 2; i += 1) {
        await expect(writer.flush(NEVER)).rejects.toMatchObject({ code, retryable: true });
      }
      await writer.flush(NEVER);
      expect(writes()).toEqual([1]);
    },
  );

  it.each([
    ['68', { status: 403, code: 'AccessDenied' }, 'sink.refused', 'docs/sinks.md'],
    ['68', { status: 400, code: 'ExpiredToken' }, 'sink.refused', 'expired'],
    ['70', { status: 404, code: 'NoSuchBucket' }, 'sink.missing', 'never made'],
    ['70', { status: 400, code: 'AuthorizationHeaderMalformed' }, 'sink.region', 'region'],
    ['70', { status: 301, code: 'PermanentRedirect' }, 'sink.region', 'region'],
  ])('faults 68 and 70 (%s): %o stops the sink and tells what to do', async (_, refusal, code, advice) => {
    const writer = await opened();
    await writer.write(batch(0, 3), NEVER);
    refusals.push(refusal);
    const error = await writer.flush(NEVER).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code, retryable: false, exitCode: 2 });
    expect(error?.message).toContain(advice);
    expect(error?.message).not.toContain('secret-of-the-test');
    await writer.flush(NEVER);
    expect(writes()).toEqual([1]);
  });

  it('fault 69: a checksum that is refused three times stops the sink with an alarm, and the range comes anew', async () => {
    const writer = await opened();
    await writer.write(batch(0, 3), NEVER);
    refusals.push(...Array.from({ length: 3 }, () => ({ status: 400, code: 'BadDigest' })));
    for (let i = 0; i < 2; i += 1) {
      await expect(writer.flush(NEVER)).rejects.toMatchObject({ code: 'sink.checksum', retryable: true });
    }
    await expect(writer.flush(NEVER)).rejects.toMatchObject({ code: 'sink.range_lost', retryable: false });
  });

  it('fault 67: a lost answer is found out by the condition, and nothing is written twice', async () => {
    const writer = await opened();
    await writer.write(batch(0, 3), NEVER);
    lostAnswers = 1;
    await expect(writer.flush(NEVER)).rejects.toMatchObject({ code: 'sink.network', retryable: true });
    await writer.flush(NEVER);
    expect(writes()).toEqual([1]);
  });

  it.each(['ignored', 'refused'] as const)(
    'where conditional writes are %s, what is written again is the same object',
    async (how) => {
      conditions = how;
      for (let life = 0; life < 2; life += 1) {
        const writer = await opened();
        await writer.write(batch(0, 3), NEVER);
        await writer.flush(NEVER);
        await writer.close();
      }
      expect(writes()).toEqual([2]);
    },
  );

  it('compresses to the same bytes however the batches are cut', async () => {
    const bodies: Buffer[] = [];
    for (const cut of [1, 3_000, 7_000]) {
      objects = new Map();
      const writer = await opened();
      await writer.write(batch(0, cut), NEVER);
      await writer.write(batch(cut, 9_000), NEVER);
      await writer.flush(NEVER);
      bodies.push([...objects].find(([key]) => !key.endsWith('/probe'))![1].body);
    }
    expect(bodies[1]!.equals(bodies[0]!)).toBe(true);
    expect(bodies[2]!.equals(bodies[0]!)).toBe(true);
  });
});
