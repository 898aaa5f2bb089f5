import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { secretFromFile } from '../../src/config/secret-file.ts';
import type { SplunkHecSinkConfig } from '../../src/config/types.ts';
import type { SinkDeps } from '../../src/sink/registry.ts';
import type { OutRecord, Sink, WriteResult } from '../../src/sink/sink.ts';
import { KeptLog } from '../shipper/scenario.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { BUSY, HecServer } from '../support/hec-server.ts';
import { sinkContract } from './contract.ts';
import { envelope, envelopes, hecSink, wrapped } from './hec-records.ts';
import { batchOf, KeptContext, NEVER } from './records.ts';

let hec: HecServer;

async function startHec(): Promise<HecServer> {
  const server = await HecServer.start();
  onTestFinished(() => server.close());
  return server;
}

/** Writes `list` through a sink of its own. */
async function write(
  list: readonly OutRecord[],
  change: Partial<SplunkHecSinkConfig> = {},
  deps: Partial<SinkDeps> = {},
): Promise<WriteResult> {
  const sink = await hecSink(hec, change, deps);
  onTestFinished(() => sink.close());
  const writer = await sink.open(new KeptContext());
  return await writer.write(batchOf(list), NEVER);
}

const idsOf = (list: readonly OutRecord[]) => list.map(({ id }) => id);

sinkContract('splunk_hec', async () => {
  const server = await startHec();
  const sink = await hecSink(server);
  // The envelope is made where entries are mapped.
  const wrapping: Sink = {
    id: sink.id,
    idempotent: sink.idempotent,
    check: (signal) => sink.check(signal),
    open: async (context) => {
      const writer = await sink.open(context);
      const write: typeof writer.write = (batch, signal) =>
        writer.write({ ...batch, records: batch.records.map(wrapped) }, signal);
      return { ...writer, write };
    },
    close: () => sink.close(),
  };
  return { sink: wrapping, stored: async () => server.held.map(({ event }) => JSON.stringify(event)) };
});

describe('splunk_hec: requests', () => {
  beforeEach(async () => {
    hec = await startHec();
  });

  it('says that a record may come twice, and allows several batches under way', async () => {
    const sink = await hecSink(hec);
    expect(sink.idempotent).toBe(false);
    expect(sink.concurrency).toBeGreaterThan(1);
    await sink.close();
  });

  it('keeps each request below max_request_bytes before compression; a larger event goes alone', async () => {
    const list = [...envelopes(0, 30), envelope(30, undefined, 'x'.repeat(5_000)), ...envelopes(31, 40)];
    expect(await write(list, { maxRequestBytes: 2_000 })).toMatchObject({ retry: [], refused: [] });
    expect(hec.ids).toEqual(idsOf(list));
    expect(hec.requests.length).toBeGreaterThan(5);
    for (const { bytes, events } of hec.requests) if (events > 1) expect(bytes).toBeLessThanOrEqual(2_000);
    expect(hec.requests.filter(({ bytes }) => bytes > 2_000)).toMatchObject([{ events: 1 }]);
  });

  it('fault 64: 413 halves the request, and the next ones are smaller from the start; one event alone that is too large goes to the dead letters', async () => {
    hec.behaviour.maxBytes = 3_000;
    const log = new KeptLog();
    const large = envelope(20, undefined, 'x'.repeat(5_000));
    const list = [...envelopes(0, 20), large, ...envelopes(21, 40)];
    const result = await write(list, {}, { log });
    expect(result).toMatchObject({
      retry: [],
      refused: [{ index: 20, reason: expect.stringContaining('413') }],
    });
    expect(hec.ids).toEqual(idsOf(list.filter((each) => each !== large)));
    expect(log.of('warn').length).toBeGreaterThan(0);

    const sink = await hecSink(hec);
    onTestFinished(() => sink.close());
    const writer = await sink.open(new KeptContext());
    await writer.write(batchOf(envelopes(0, 40)), NEVER);
    hec.requests.length = 0;
    await writer.write(batchOf(envelopes(40, 80)), NEVER);
    expect(hec.requests.every(({ bytes }) => bytes <= 3_000)).toBe(true);
  });

  it('an event that Splunk refuses goes to the dead letters, and all others are stored, wherever it counts from and whatever it keeps', async () => {
    const numbers = fc.uniqueArray(fc.nat(39), { maxLength: 15 });
    const counts = fc.constantFrom(0 as const, 1 as const, undefined);
    await fc.assert(
      fc.asyncProperty(
        numbers,
        counts,
        fc.boolean(),
        fc.constantFrom(6, 12, 13, 15),
        async (bad, from, keeps, code) => {
          hec.held.length = 0;
          const list = envelopes(0, 40);
          const badIds = new Set(bad.map((n) => list[n]!.id));
          hec.behaviour.countsFrom = from;
          hec.behaviour.keepsBefore = keeps;
          hec.behaviour.judge = ({ fields }) => (badIds.has(fields.event_id!) ? code : 0);
          const { retry, refused } = await write(list);
          expect(retry).toEqual([]);
          expect(refused.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
            [...bad].sort((a, b) => a - b),
          );
          expect(new Set(hec.ids)).toEqual(new Set(idsOf(list).filter((id) => !badIds.has(id))));
          // Twice only what stood before a bad one in its request.
          if (!keeps) expect(hec.ids.length).toBe(40 - bad.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('stops rather than to fill the dead letters when every event is refused; a good one among them shows that it is not Splunk', async () => {
    hec.behaviour.judge = () => 6;
    await expect(write(envelopes(0, 60))).rejects.toMatchObject({
      code: 'sink.all_refused',
      retryable: false,
    });
    const good = envelope(59).id;
    hec.behaviour.judge = ({ fields }) => (fields.event_id === good ? 0 : 6);
    const { refused, retry } = await write(envelopes(0, 60));
    expect([refused.length, retry, hec.ids]).toEqual([59, [], [good]]);
  });
});

describe('splunk_hec: faults', () => {
  beforeEach(async () => {
    hec = await startHec();
  });

  it('fault 72: a busy Splunk is tried again, never before it asks for it', async () => {
    hec.faults.push({ ...BUSY, headers: { 'retry-after': '7' } });
    await expect(write(envelopes(0, 3))).rejects.toMatchObject({
      code: 'sink.unavailable',
      retryable: true,
      waitMs: 7_000,
      message: expect.stringContaining('code 9, Server is busy'),
    });
    expect(hec.held).toEqual([]);
  });

  it('fault 72: a refused token stops with a word on what to do, and without the token', async () => {
    const token = new Secret('a-token-that-was-revoked');
    const error = (await write(envelopes(0, 3), { token }).catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ code: 'sink.refused', retryable: false, exitCode: 2 });
    expect(error.message).toContain('check the token');
    expect(error.message).not.toContain('a-token-that-was-revoked');
  });

  it('fault 72: a token that was renewed in its file is read again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hec-token-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'token');
    await writeFile(path, 'old-token\n');
    const token = secretFromFile(path);
    await writeFile(path, `${hec.behaviour.token}\n`);
    expect(await write(envelopes(0, 3), { token })).toMatchObject({ retry: [], refused: [] });
    expect(hec.ids).toEqual(idsOf(envelopes(0, 3)));
  });

  it.each([
    ['an index that the token does not allow', { indexes: ['main'] }, 'Incorrect index'],
    ['a token that is disabled', { enabled: false }, 'Token disabled'],
    ['a token that wants acknowledgement', { acknowledges: true }, 'set acknowledge: true'],
  ])('%s stops with a word on what to do', async (_, behaviour, words) => {
    Object.assign(hec.behaviour, behaviour);
    const list = envelopes(0, 3).map((each) => ({
      ...each,
      line: each.line.replace('"event":', '"index":"audit","event":'),
    }));
    await expect(write(list)).rejects.toMatchObject({
      code: 'sink.refused',
      retryable: false,
      message: expect.stringContaining(words),
    });
    expect(hec.held).toEqual([]);
  });

  it.each([
    ['a page of a proxy', 'page', 'sink.broken'],
    ['a list in place of an object', { status: 200, body: [] }, 'sink.broken'],
    ['an object without a code', { status: 200, body: { ok: true } }, 'sink.broken'],
    ['a code that is not known', { status: 200, body: { code: 99 } }, 'sink.broken'],
    ['success under the status of a failure', { status: 503, body: { code: 0 } }, 'sink.unavailable'],
    ['the page of a gateway', { status: 502, body: 'Bad Gateway' }, 'sink.broken'],
    ['a reset connection', 'reset', 'sink.http.network'],
  ] as const)('%s is no success: everything is tried again', async (_, fault, code) => {
    hec.faults.push(fault);
    await expect(write(envelopes(0, 3))).rejects.toMatchObject({ code, retryable: true });
    expect(hec.held).toEqual([]);
  });

  it('a redirect and an unknown place are for an operator', async () => {
    hec.faults.push({ status: 302, body: '', headers: { location: '/login' } });
    await expect(write(envelopes(0, 3))).rejects.toMatchObject({ code: 'sink.redirect', retryable: false });
    await expect(write(envelopes(0, 3), { url: `${hec.url}/services` })).rejects.toMatchObject({
      code: 'sink.bad_request',
      message: expect.stringContaining('Check url'),
    });
  });

  it('fault 65: after a lost or cut reply everything is sent again: nothing is lost, and what is there twice has the same event id', async () => {
    for (const fault of ['lost_reply', 'cut_reply'] as const) {
      hec.held.length = 0;
      hec.faults.push(fault);
      const list = envelopes(0, 5);
      await expect(write(list)).rejects.toMatchObject({ code: 'sink.http.network', retryable: true });
      await write(list);
      expect(hec.ids).toEqual([...idsOf(list), ...idsOf(list)]);
    }
  });

  it('a request that hangs ends after its time limit', async () => {
    hec.faults.push('hang');
    const clock = new FakeClock();
    const failed = expect(write(envelopes(0, 3), {}, { clock })).rejects.toMatchObject({
      code: 'sink.http.timeout',
      retryable: true,
    });
    await expect.poll(() => hec.requests.length).toBe(1);
    await clock.advance(30_000);
    await failed;
    expect(clock.deadlines).toBe(0);
  });

  it('what Splunk took before a failure in the middle of a batch is not sent again', async () => {
    const list = envelopes(0, 40);
    let events = 0;
    hec.behaviour.judge = () => {
      events += 1;
      if (events === 12) hec.faults.push(BUSY);
      return 0;
    };
    const result = await write(list, { maxRequestBytes: 2_000 });
    expect(result.refused).toEqual([]);
    expect(result.retryReason).toContain('Server is busy');
    expect(result.retry.length).toBeGreaterThan(0);
    const retried = new Set(result.retry.map((index) => list[index]!.id));
    expect(hec.ids).toEqual(idsOf(list).filter((id) => !retried.has(id)));
  });
});

describe('splunk_hec: check', () => {
  beforeEach(async () => {
    hec = await startHec();
  });

  async function check(change: Partial<SplunkHecSinkConfig> = {}): Promise<void> {
    const sink = await hecSink(hec, change);
    try {
      await sink.check(NEVER);
    } finally {
      await sink.close();
    }
  }

  it('accepts a token, with and without acknowledgement, and leaves nothing', async () => {
    await check();
    hec.behaviour.acknowledges = true;
    await check({ acknowledge: true });
    expect(hec.held).toEqual([]);
  });

  it('tells full queues, a token that is refused, and acknowledgement where it is off', async () => {
    await expect(check({ acknowledge: true })).rejects.toMatchObject({
      message: expect.stringContaining('ack service unavailable'),
    });
    hec.behaviour.healthy = false;
    await expect(check()).rejects.toMatchObject({ code: 'sink.unavailable' });
    hec.behaviour.healthy = true;
    hec.behaviour.enabled = false;
    await expect(check()).rejects.toMatchObject({ code: 'sink.refused', exitCode: 2 });
  });

  it('a ca_file that cannot be read is told when the sink is made', async () => {
    await expect(hecSink(hec, { caFile: '/nowhere/ca.pem' })).rejects.toMatchObject({
      code: 'config.ca_file',
    });
  });
});
