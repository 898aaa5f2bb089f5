import { afterEach, describe, expect, it } from 'vitest';
import { ConnectorError } from '../../src/runtime/errors.ts';
import type { Batch, GatherRule, SegmentRange, Sink, SinkContext, SinkWriter } from '../../src/sink/sink.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { STORED } from './memory-sink.ts';
import { entries, entry, idOf, type Scene, scene as setScene } from './scenario.ts';

const CURSOR = 'acme/cursors/archive.json';
const HOUR_MS = 3_600_000;
const HOURLY = { maxBytes: 1_000_000, maxAgeMs: HOUR_MS };
const scenes: Scene[] = [];

function scene(...args: Parameters<typeof setScene>): Scene {
  const made = setScene(...args);
  scenes.push(made);
  return made;
}

/** A gathering sink that keeps its ranges in memory. */
class ArchiveSink implements Sink {
  readonly id = 'archive';
  readonly idempotent = true;
  readonly gather: GatherRule | 'each';
  /** Numbers of the entries, by range, in the order in which the ranges were completed. */
  readonly objects: [range: string, numbers: number[]][] = [];
  /** Called for each batch, before it is taken. */
  onWrite: (batch: Batch, signal: AbortSignal) => Promise<void> | void = () => {};

  constructor(gather: GatherRule | 'each' = HOURLY) {
    this.gather = gather;
  }

  async check(): Promise<void> {}
  async close(): Promise<void> {}

  async open(_context: SinkContext): Promise<SinkWriter> {
    let range: SegmentRange | undefined;
    let numbers: number[] = [];
    return {
      write: async (batch, signal) => {
        await this.onWrite(batch, signal);
        range = batch.range;
        numbers.push(...batch.records.map(({ id }) => Number.parseInt(id, 16)));
        return STORED;
      },
      flush: async () => {
        if (range === undefined) return undefined;
        this.objects.push([`${range.first}-${range.last}`, numbers]);
        [range, numbers] = [undefined, []];
        return undefined;
      },
      close: async () => {},
    };
  }
}

async function cursorIn(store: MemoryStore): Promise<Record<string, unknown>> {
  return JSON.parse((await store.get(CURSOR))!.body.toString()) as Record<string, unknown>;
}

/** Resolves after everything that can happen without time passing has happened. */
async function settled(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Stops a scene whose sink hangs. */
async function stopLate({ stop, clock }: Scene): Promise<void> {
  const stopped = stop();
  await clock.advance(10_000);
  await stopped;
}

describe('gathering', () => {
  afterEach(async () => {
    for (const made of scenes.splice(0)) await made.stop();
  });

  it('hands over whole segments when the first of them has waited max_age', async () => {
    const clock = new FakeClock({ nowMs: Date.UTC(2026, 0, 1) });
    const journal = new MemoryJournal({ nowMs: () => clock.nowMs() });
    const sink = new ArchiveSink();
    const { start, store, shipper } = scene(sink, { clock, journal });
    start();
    journal.add([], 'heartbeat');
    journal.add(entries(0, 5));
    await settled();
    await clock.advance(HOUR_MS / 2);
    journal.add(entries(5, 7));
    await settled();
    await clock.advance(HOUR_MS / 2 - 1);
    expect(sink.objects).toEqual([]);
    expect(shipper.status()).toMatchObject({ lagMs: HOUR_MS - 1, gatherMs: HOUR_MS, state: 'running' });
    await clock.advance(1);
    await settled();
    expect(sink.objects).toEqual([['2-3', [0, 1, 2, 3, 4, 5, 6]]]);
    expect(await cursorIn(store)).toMatchObject({ segment: 4, line: 0 });
    expect(await cursorIn(store)).not.toHaveProperty('range');
    expect(shipper.status()).toMatchObject({ lagMs: 0, lagSegments: 0 });
  });

  it('hands over at once what fills an object, and everything when somebody waits for it', async () => {
    const sink = new ArchiveSink({ maxBytes: 3_000, maxAgeMs: HOUR_MS });
    const { start, journal, shipper } = scene(sink, { clock: new FakeClock() });
    for (let n = 0; n < 5; n += 1) journal.add([entry(n, 0, 'x'.repeat(1_000))]);
    start();
    await settled();
    expect(sink.objects).toEqual([['1-3', [0, 1, 2]]]);
    await shipper.drained();
    expect(sink.objects.slice(1)).toEqual([['4-5', [3, 4]]]);
  });

  it('each: an object for each segment with entries, and empty segments are passed', async () => {
    const sink = new ArchiveSink('each');
    const { start, journal, store, shipper } = scene(sink);
    journal.add(entries(0, 4));
    journal.add([], 'heartbeat');
    journal.add(entries(4, 6));
    journal.add([], 'heartbeat');
    start();
    await shipper.drained();
    expect(sink.objects).toEqual([
      ['1-1', [0, 1, 2, 3]],
      ['3-3', [4, 5]],
    ]);
    expect(await cursorIn(store)).toMatchObject({ segment: 5, line: 0 });
  });

  it('fault 67: the bounds are on record before the first batch, and hold after a crash whatever the rule says then', async () => {
    const journal = new MemoryJournal();
    const store = new MemoryStore();
    const dying = new ArchiveSink();
    const first = scene(dying, { journal, store, clock: new FakeClock() });
    for (let n = 0; n < 4; n += 1) journal.add(entries(n * 4, n * 4 + 4));
    let seen: unknown;
    dying.onWrite = async ({ records }, signal) => {
      if (records[0]!.id === idOf(0)) return;
      seen = await cursorIn(store);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    first.start();
    first.shipper.drained().catch(() => {});
    await settled();
    await stopLate(first);
    expect(seen).toMatchObject({ segment: 1, line: 0, range: [1, 4] });
    expect(dying.objects).toEqual([]);
    expect(await cursorIn(store)).toMatchObject({ segment: 1, line: 0, range: [1, 4] });

    journal.add(entries(16, 18));
    const sink = new ArchiveSink('each');
    const second = scene(sink, { journal, store });
    second.start();
    await second.shipper.drained();
    expect(sink.objects.map(([range]) => range)).toEqual(['1-4', '5-5']);
    expect(sink.objects.flatMap(([, numbers]) => numbers)).toEqual(Array.from({ length: 18 }, (_, i) => i));
  });

  it('fault 69: a range that the sink has lost comes again from its start, to a new writer', async () => {
    const sink = new ArchiveSink();
    const { start, shipper, journal, log } = scene(sink);
    for (let n = 0; n < 3; n += 1) journal.add(entries(n * 4, n * 4 + 4));
    let calls = 0;
    sink.onWrite = () => {
      calls += 1;
      if (calls === 3) throw new ConnectorError('gone', { code: 'sink.range_lost' });
    };
    start();
    await shipper.drained();
    expect(sink.objects).toEqual([['1-3', Array.from({ length: 12 }, (_, i) => i)]]);
    expect(log.of('error').join()).not.toBe('');
  });

  it('a range that retention has cut into is gathered anew, and what is gone is told', async () => {
    const journal = new MemoryJournal();
    const store = new MemoryStore();
    for (let n = 0; n < 4; n += 1) journal.add(entries(n, n + 1));
    const dying = new ArchiveSink();
    dying.onWrite = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const first = scene(dying, { journal, store, clock: new FakeClock() });
    first.start();
    first.shipper.drained().catch(() => {});
    await settled();
    await stopLate(first);
    journal.trim(3);
    const sink = new ArchiveSink();
    const second = scene(sink, { journal, store });
    second.start();
    await second.shipper.drained();
    expect(sink.objects).toEqual([['3-4', [2, 3]]]);
    expect(second.log.of('error').join()).toContain('retention removed segments');
  });

  it('a journal put back to before the end of the range on record is refused', async () => {
    const store = new MemoryStore();
    const cursor = { v: 1, chain_id: '00000000000000aa', segment: 1, line: 0, floor: 0, range: [1, 9] };
    await store.putIfAbsent(CURSOR, Buffer.from(JSON.stringify(cursor)));
    const { start, shipper, journal } = scene(new ArchiveSink(), { store, clock: new FakeClock() });
    journal.add(entries(0, 4));
    start();
    await settled();
    expect(shipper.status().lastError).toMatchObject({ code: 'shipper.cursor_ahead' });
  });

  it('refuses a replay: what is stored would be told twice', async () => {
    const { start, shipper, journal } = scene(new ArchiveSink());
    journal.add(entries(0, 4));
    start();
    await shipper.drained();
    const replayed = shipper.replay({ kind: 'dead_letters' });
    await expect(replayed).rejects.toMatchObject({ code: 'sink.no_replay', exitCode: 2 });
  });
});
