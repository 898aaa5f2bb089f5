import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import type { S3SinkConfig } from '../../src/config/types.ts';
import type { OutRecord, SinkWriter } from '../../src/sink/sink.ts';
import { KeptContext, linesOf, NEVER, record, records } from '../sink/records.ts';
import { describeWith } from './require.ts';
import { fetchMinio, fetchVersityGw, type S3Server, startMinio, startVersityGw } from './s3.ts';
import { RANGE, rangeBatch, S3Place } from './s3-place.ts';
import { thrownBy } from './search-place.ts';
import { fetchToxiproxy, startToxiproxy, type Toxiproxy } from './toxiproxy.ts';

const DONE = { retry: [], refused: [] };
const FOLDER = 'clarifai/acme/00000000000000aa/ecs';
const NAME = '000000000001-000000000002.ndjson.gz';
const KEY = `${FOLDER}/date=2026-01-01/${NAME}`;

const TARGETS = [
  { name: 'versitygw', fetch: fetchVersityGw, start: startVersityGw },
  { name: 'MinIO', fetch: fetchMinio, start: startMinio },
];

/** Records whose lines do not compress: 1 MB each. */
function large(from: number, to: number): OutRecord[] {
  return records(from, to).map((each, i) => ({
    ...each,
    line: JSON.stringify({
      id: record(from + i, undefined).id,
      noise: randomBytes(750_000).toString('base64'),
    }),
  }));
}

for (const { name, fetch, start } of TARGETS) {
  await describeWith(name, [fetch, fetchToxiproxy], () => {
    let server: S3Server;
    let toxiproxy: Toxiproxy;
    let count = 0;

    beforeAll(async () => {
      server = await start();
      toxiproxy = await startToxiproxy();
    });
    afterAll(async () => {
      await toxiproxy?.stop();
      await server?.stop();
    });

    const newPlace = async (lock = false): Promise<S3Place> => {
      const place = await S3Place.make(server, `bucket${++count}`, lock);
      onTestFinished(() => place.close());
      return place;
    };

    const opened = async (place: S3Place, changes: Partial<S3SinkConfig> = {}): Promise<SinkWriter> => {
      const sink = await place.sink(changes);
      onTestFinished(() => sink.close());
      const writer = await sink.open(new KeptContext());
      onTestFinished(() => writer.close());
      return writer;
    };

    /** Writes all of the range through a new writer. */
    const writeAll = async (place: S3Place, list: readonly OutRecord[]): Promise<void> => {
      const writer = await opened(place);
      await writer.write(rangeBatch(list), NEVER);
      await writer.flush(NEVER);
    };

    it('writes one object for each event date of a range, under a key that tells which', async () => {
      const place = await newPlace();
      const writer = await opened(place);
      const undated = record(7, undefined);
      expect(await writer.write(rangeBatch(records(0, 5)), NEVER)).toEqual(DONE);
      expect(await writer.write(rangeBatch([...records(5, 7, '2025-12-31'), undated]), NEVER)).toEqual(DONE);
      expect(await place.keys()).toEqual([]);
      await writer.flush(NEVER);
      expect(await place.keys()).toEqual([
        `${FOLDER}/date=2025-12-31/${NAME}`,
        KEY,
        `${FOLDER}/date=undated/${NAME}`,
      ]);
      expect(await place.lines(KEY)).toEqual(linesOf(records(0, 5)));
      expect(await place.lines(`${FOLDER}/date=undated/${NAME}`)).toEqual([undated.line]);
      const head = await place.head(KEY);
      expect(head.Metadata).toMatchObject({ entries: '5' });
      expect(head.ChecksumSHA256).toBeDefined();
    });

    it('adds a batch once, although it is given again after a failure', async () => {
      const place = await newPlace();
      const writer = await opened(place);
      await writer.write(rangeBatch(records(0, 5)), NEVER);
      await writer.write(rangeBatch(records(0, 5)), NEVER);
      await writer.write(rangeBatch(records(5, 6)), NEVER);
      await writer.flush(NEVER);
      expect(await place.allLines()).toEqual(linesOf(records(0, 6)));
    });

    it('fault 71: a range that is written again after a crash changes nothing', async () => {
      const place = await newPlace();
      await writeAll(place, records(0, 50));
      const before = await place.head(KEY);
      await writeAll(place, records(0, 50));
      expect((await place.head(KEY)).LastModified).toEqual(before.LastModified);
      expect(await place.allLines()).toEqual(linesOf(records(0, 50)));
    });

    it('fault 71: what holds other entries is not overwritten, and stops the sink with an alarm', async () => {
      const place = await newPlace();
      await writeAll(place, records(0, 5));
      const error = await thrownBy(writeAll(place, records(0, 6)));
      expect(error).toMatchObject({ code: 'sink.other_content', retryable: false });
      expect(error.message).toContain(KEY);
      expect(await place.allLines()).toEqual(linesOf(records(0, 5)));
    });

    it('fault 71: of many writers of the same range one wins, and all agree', async () => {
      const place = await newPlace();
      await Promise.all(
        Array.from({ length: 8 }, async () => {
          for (;;) {
            const error = await writeAll(place, records(0, 20)).then(() => undefined, thrownByNow);
            if (error === undefined) return;
            expect(error).toMatchObject({ code: 'sink.conflict', retryable: true });
          }
        }),
      );
      expect(await place.allLines()).toEqual(linesOf(records(0, 20)));
    });

    it('writes large objects in parts, recognises them, and leaves no upload behind', async () => {
      const place = await newPlace();
      const list = large(0, 20);
      const writer = await opened(place);
      await writer.write(rangeBatch(list.slice(0, 12)), NEVER);
      expect(await place.uploads()).toBe(1);
      await writer.close();
      expect(await place.uploads()).toBe(0);
      for (let life = 0; life < 2; life += 1) {
        const next = await opened(place);
        for (const each of list) await next.write(rangeBatch([each]), NEVER);
        await next.flush(NEVER);
      }
      expect(await place.lines(KEY)).toEqual(linesOf(list));
      expect(await place.uploads()).toBe(0);
      const other = await opened(place);
      for (const each of list.slice(1)) await other.write(rangeBatch([each]), NEVER);
      expect(await thrownBy(other.flush(NEVER).then(() => undefined))).toMatchObject({
        code: 'sink.other_content',
      });
    });

    it('fault 67: an answer that is lost or cut after all was stored makes no second object', async () => {
      const place = await newPlace();
      const proxy = await toxiproxy.proxy(server.port);
      onTestFinished(() => proxy.remove());
      const writer = await opened(place, { endpoint: proxy.url });
      const cuts = [
        { type: 'limit_data', stream: 'downstream', attributes: { bytes: 20 } },
        { type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } },
      ] as const;
      for (const [i, toxic] of cuts.entries()) {
        await writer.write(
          { ...rangeBatch(records(i, i + 1)), range: { first: 10 + i, last: 10 + i } },
          NEVER,
        );
        await proxy.toxic(toxic);
        const error = await thrownBy(writer.flush(NEVER).then(() => undefined));
        expect(error).toMatchObject({ retryable: true });
        await proxy.clear();
        await writer.flush(NEVER);
      }
      expect(await place.allLines()).toEqual(linesOf(records(0, 2)));
    });

    it('fault 67: kill -9 of the server loses nothing that it said it has', async () => {
      const place = await newPlace();
      const writer = await opened(place);
      await writer.write(rangeBatch(records(0, 500)), NEVER);
      await server.kill();
      const down = await thrownBy(writer.flush(NEVER).then(() => undefined));
      expect(down).toMatchObject({ code: 'sink.network', retryable: true });
      await server.restart();
      await writer.flush(NEVER);
      await server.kill();
      await server.restart();
      expect(await place.allLines()).toEqual(linesOf(records(0, 500)));
    });

    it('fault 68: credentials that are refused are named, and a renewed secret is taken at once', async () => {
      const place = await newPlace();
      const { accessKeyId, secretAccessKey } = server;
      const wrong = { accessKeyId, secretAccessKey: new Secret('wrong-secret-1') };
      const error = await thrownBy((await place.sink({ credentials: wrong })).check(NEVER));
      expect(error).toMatchObject({ code: 'sink.refused', exitCode: 2, retryable: false });
      expect(error.message).not.toContain('wrong-secret-1');
      const renewed = { accessKeyId, secretAccessKey: new Secret('wrong-secret-1', () => secretAccessKey) };
      await (await place.sink({ credentials: renewed })).check(NEVER);
    });

    it('fault 70: a bucket that is missing is named and never made', async () => {
      const place = await newPlace();
      const error = await thrownBy((await place.sink({ bucket: 'not-there' })).check(NEVER));
      expect(error).toMatchObject({ code: 'sink.missing', exitCode: 2, retryable: false });
      expect(error.message).toContain('never made');
    });

    it('check leaves the probe alone, always the same', async () => {
      const place = await newPlace();
      const sink = await place.sink();
      onTestFinished(() => sink.close());
      await sink.check(NEVER);
      await sink.check(NEVER);
      expect(await place.keys()).toEqual([]);
      await place.head('clarifai/_clarifai-siem-export/probe');
    });

    it('locks each object as the config says', async () => {
      const place = await newPlace(true);
      const writer = await opened(place, { objectLock: { mode: 'GOVERNANCE', days: 30 } });
      await writer.write(rangeBatch(records(0, 5)), NEVER);
      await writer.flush(NEVER);
      const head = await place.head(KEY);
      expect(head.ObjectLockMode).toBe('GOVERNANCE');
      const days = (head.ObjectLockRetainUntilDate!.getTime() - Date.now()) / 86_400_000;
      expect(Math.round(days)).toBe(30);
    });

    it('encrypts with the key that the config names, where the store does', async () => {
      const place = await newPlace();
      const { kmsKeyId } = server;
      if (kmsKeyId === undefined) return;
      const writer = await opened(place, { sse: 'aws:kms', kmsKeyId });
      await writer.write(rangeBatch(records(0, 5)), NEVER);
      await writer.flush(NEVER);
      const head = await place.head(KEY);
      expect(head.ServerSideEncryption).toBe('aws:kms');
      expect(head.SSEKMSKeyId).toContain(kmsKeyId);
      await writeAll(place, records(0, 5));
      expect(await place.lines(KEY)).toEqual(linesOf(records(0, 5)));
    });

    it('ends at once when it is told to stop while the store hangs', async () => {
      const place = await newPlace();
      const proxy = await toxiproxy.proxy(server.port);
      onTestFinished(() => proxy.remove());
      const writer = await opened(place, { endpoint: proxy.url });
      await writer.write({ ...rangeBatch(records(0, 5)), range: RANGE }, NEVER);
      await proxy.toxic({ type: 'latency', stream: 'downstream', attributes: { latency: 60_000 } });
      const stop = new AbortController();
      const reason = new Error('stopped by the test');
      const flush = writer.flush(stop.signal);
      setTimeout(() => stop.abort(reason), 50);
      await expect(flush).rejects.toBe(reason);
      await proxy.clear();
    });
  });
}

function thrownByNow(error: unknown): unknown {
  return error;
}
