import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { OutRecord, SinkWriter } from '../../src/sink/sink.ts';
import { sinkContract } from '../sink/contract.ts';
import { batchOf, KeptContext, linesOf, NEVER, record, records } from '../sink/records.ts';
import { describeWith } from './require.ts';
import type { SearchServer } from './search.ts';
import { SEARCH_TARGETS, SearchPlace, thrownBy } from './search-place.ts';
import { fetchToxiproxy, startToxiproxy, type Toxiproxy } from './toxiproxy.ts';

const DONE = { retry: [], refused: [] };

/** Record `n` with another line. */
function withLine(n: number, fields: object): OutRecord {
  return {
    ...record(n, undefined),
    line: JSON.stringify({ '@timestamp': '2026-01-01T00:00:00Z', ...fields }),
  };
}

for (const target of SEARCH_TARGETS) {
  await describeWith(target.name, [target.fetch, fetchToxiproxy], () => {
    let server: SearchServer;
    let toxiproxy: Toxiproxy;
    let count = 0;

    beforeAll(async () => {
      server = await target.start();
      toxiproxy = await startToxiproxy();
    });
    afterAll(async () => {
      await toxiproxy?.stop();
      await server?.stop();
    });

    const newPlace = (): SearchPlace => new SearchPlace(target, server, `test${++count}`);

    /** A writer to a stream that is set up; `url`: another way to the server. */
    const opened = async (place: SearchPlace, url?: string): Promise<SinkWriter> => {
      const sink = await place.sink(url);
      onTestFinished(() => sink.close());
      await (await place.sink()).setUp(NEVER);
      return await sink.open(new KeptContext());
    };

    sinkContract(target.name, async () => {
      const place = newPlace();
      const sink = await place.sink();
      await sink.setUp(NEVER);
      return { sink, stored: () => place.lines() };
    });

    it('setup makes what is missing, once, and says so', async () => {
      const place = newPlace();
      const sink = await place.sink();
      onTestFinished(() => sink.close());
      const before = await thrownBy(sink.check(NEVER));
      expect(before).toMatchObject({ code: 'sink.missing', retryable: false });
      expect(before.message).toContain('setup');
      expect((await sink.setUp(NEVER)).join('\n')).toContain(`created index template ${place.stream}`);
      const again = await sink.setUp(NEVER);
      expect(again.filter((line) => line.startsWith('unchanged')).length).toBeGreaterThanOrEqual(3);
      expect(again.filter((line) => /^(created|updated)/.test(line))).toEqual([]);
      await sink.check(NEVER);
      expect(await place.lines()).toEqual([]);
    });

    it("setup leaves somebody else's template alone", async () => {
      const place = newPlace();
      const theirs = { index_patterns: [place.stream], data_stream: {}, priority: 999 };
      await place.call('PUT', `/_index_template/${place.stream}`, theirs);
      const sink = await place.sink();
      onTestFinished(() => sink.close());
      const error = await thrownBy(sink.setUp(NEVER));
      expect(error).toMatchObject({ code: 'sink.foreign_template', exitCode: 2 });
      await place.call('DELETE', `/_index_template/${place.stream}`);
    });

    it('takes every record of the golden files, years outside of date_nanos and long text', async () => {
      const place = newPlace();
      const writer = await opened(place);
      const file = join(import.meta.dirname, '..', 'record', 'golden', 'ecs-full-original.json');
      const golden = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
      const audit = { operation: 'x', timestamp: '1900-01-01T00:00:00Z', details: ['y'.repeat(1_000_000)] };
      const odd = {
        '@timestamp': '9999-12-31T23:59:59Z',
        message: 'z'.repeat(1_000_000),
        clarifai: { audit },
      };
      const list = [...golden, odd].map((fields, n) => withLine(n, fields));
      expect(await writer.write(batchOf(list), NEVER)).toEqual(DONE);
      expect(await place.lines()).toEqual(linesOf(list));
    });

    it('fault 59, 61: a record that the mapping refuses becomes a refusal; the others are stored', async () => {
      const place = newPlace();
      const writer = await opened(place);
      const bad = withLine(1, { source: { ip: 'no address' } });
      const result = await writer.write(batchOf([record(0, undefined), bad, record(2, undefined)]), NEVER);
      expect(result.retry).toEqual([]);
      expect(result.refused).toMatchObject([{ index: 1, reason: expect.stringContaining('no address') }]);
      expect(await place.ids()).toEqual([record(0, undefined).id, record(2, undefined).id]);
    });

    it('stops when every record of a batch is refused: the mapping is at fault, not the records', async () => {
      const writer = await opened(newPlace());
      const bad = Array.from({ length: 30 }, (_, n) => withLine(n, { source: { ip: 'no address' } }));
      const error = await thrownBy(writer.write(batchOf(bad), NEVER));
      expect(error).toMatchObject({ code: 'sink.all_refused', retryable: false });
    });

    it('fault 62: what is there already counts as stored', async () => {
      const place = newPlace();
      const writer = await opened(place);
      expect(await writer.write(batchOf(records(0, 50)), NEVER)).toEqual(DONE);
      expect(await writer.write(batchOf(records(25, 75)), NEVER)).toEqual(DONE);
      expect(await place.lines()).toEqual(linesOf(records(0, 75)));
    });

    it('fault 66: a rollover between try and retry makes no second copy', async () => {
      const place = newPlace();
      const writer = await opened(place);
      expect(await writer.write(batchOf(records(0, 50)), NEVER)).toEqual(DONE);
      await place.call('POST', `/${place.stream}/_rollover`);
      expect(await writer.write(batchOf(records(25, 75), true), NEVER)).toEqual(DONE);
      await place.call('POST', `/${place.stream}/_rollover`);
      expect(await writer.write(batchOf(records(0, 100), true), NEVER)).toEqual(DONE);
      expect(await place.lines()).toEqual(linesOf(records(0, 100)));
    });

    it('fault 63: waits for a write block and a read-only cluster to be lifted', async () => {
      const place = newPlace();
      const writer = await opened(place);
      await writer.write(batchOf(records(0, 5)), NEVER);
      for (const block of ['index.blocks.write', 'index.blocks.read_only_allow_delete']) {
        await place.call('PUT', `/${place.stream}/_settings`, { [block]: true });
        const result = await writer.write(batchOf(records(5, 10)), NEVER);
        expect(result).toMatchObject({ retry: [0, 1, 2, 3, 4], refused: [] });
        expect(result.retryReason).toContain('disk space and the blocks');
        await place.call('PUT', `/${place.stream}/_settings`, { [block]: null });
      }
      await place.call('PUT', '/_cluster/settings', { persistent: { 'cluster.blocks.read_only': true } });
      const error = await thrownBy(writer.write(batchOf(records(5, 10)), NEVER));
      await place.call('PUT', '/_cluster/settings', { persistent: { 'cluster.blocks.read_only': null } });
      expect(error).toMatchObject({ code: 'sink.blocked', retryable: true });
      expect(await writer.write(batchOf(records(5, 10), true), NEVER)).toEqual(DONE);
      expect(await place.lines()).toEqual(linesOf(records(0, 10)));
    });

    it('fault 65: an answer that is lost or cut after all was stored makes no second copy, a rollover between them or not', async () => {
      const place = newPlace();
      const proxy = await toxiproxy.proxy(server.port);
      onTestFinished(() => proxy.remove());
      const writer = await opened(place, proxy.url);
      await writer.write(batchOf(records(0, 1)), NEVER);
      const cuts = [
        { type: 'limit_data', stream: 'downstream', attributes: { bytes: 20 } },
        { type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } },
      ] as const;
      for (const [i, toxic] of cuts.entries()) {
        const due = records(1 + i * 50, 51 + i * 50);
        await proxy.toxic(toxic);
        const error = await thrownBy(writer.write(batchOf(due), NEVER));
        expect(error).toMatchObject({ code: 'sink.network', retryable: true });
        await proxy.clear();
        await place.call('POST', `/${place.stream}/_rollover`);
        expect(await writer.write(batchOf(due, true), NEVER)).toEqual(DONE);
      }
      expect(await place.lines()).toEqual(linesOf(records(0, 101)));
    });

    it('fault 65: a server that is refused, or slow, is tried again', async () => {
      const place = newPlace();
      const proxy = await toxiproxy.proxy(server.port);
      onTestFinished(() => proxy.remove());
      const writer = await opened(place, proxy.url);
      await proxy.disable();
      const refused = await thrownBy(writer.write(batchOf(records(0, 5)), NEVER));
      expect(refused).toMatchObject({ code: 'sink.network', retryable: true });
      await proxy.enable();
      await proxy.toxic({ type: 'latency', stream: 'downstream', attributes: { latency: 300 } });
      expect(await writer.write(batchOf(records(0, 5), true), NEVER)).toEqual(DONE);
      expect(await place.lines()).toEqual(linesOf(records(0, 5)));
    });

    it('a write that is told to stop while the server hangs ends at once', async () => {
      const proxy = await toxiproxy.proxy(server.port);
      onTestFinished(() => proxy.remove());
      const writer = await opened(newPlace(), proxy.url);
      await writer.write(batchOf(records(0, 1)), NEVER);
      await proxy.toxic({ type: 'latency', stream: 'downstream', attributes: { latency: 60_000 } });
      const stop = new AbortController();
      const reason = new Error('stopped by the test');
      const write = writer.write(batchOf(records(1, 2)), stop.signal);
      setTimeout(() => stop.abort(reason), 50);
      await expect(write).rejects.toBe(reason);
    });

    it('fault 65: kill -9 of the server loses nothing that it said it has', async () => {
      const place = newPlace();
      const writer = await opened(place);
      expect(await writer.write(batchOf(records(0, 500)), NEVER)).toEqual(DONE);
      const cut = writer.write(batchOf(records(500, 1_000)), NEVER).catch(() => undefined);
      await server.kill();
      await cut;
      const down = await thrownBy(writer.write(batchOf(records(500, 1_000), true), NEVER));
      expect(down).toMatchObject({ code: 'sink.network', retryable: true });
      await server.restart();
      expect(await writer.write(batchOf(records(500, 1_000), true), NEVER)).toEqual(DONE);
      expect(await place.lines()).toEqual(linesOf(records(0, 1_000)));
    });

    it('fault 60, 64: a busy server and a request too large ask for smaller batches', async () => {
      const place = newPlace();
      const writer = await opened(place);
      await server.restart({
        'http.max_content_length': '200kb',
        ...(target.type === 'elasticsearch' ? { 'indexing_pressure.memory.limit': '20kb' } : {}),
      });
      const noise = withLine(1, { message: randomBytes(400_000).toString('base64') });
      const large = await thrownBy(writer.write(batchOf([noise]), NEVER));
      expect(large).toMatchObject({ code: 'sink.too_large' });
      if (target.type === 'elasticsearch') {
        const wide = withLine(2, { message: 'x'.repeat(100_000) });
        const busy = await writer.write(batchOf([wide]), NEVER).catch((error: unknown) => error);
        expect(JSON.stringify(busy instanceof Error ? { ...busy } : busy)).toMatch(/sink\.busy|429/);
      }
      expect(await writer.write(batchOf(records(0, 3), true), NEVER)).toEqual(DONE);
    });
  });
}
