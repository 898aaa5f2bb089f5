import { afterEach, describe, expect, it } from 'vitest';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { MemorySink, STORED } from './memory-sink.ts';
import { entries, entry, idOf, numbersOf, range, type Scene, scene as setScene } from './scenario.ts';

const LABELS = { sink: 'memory', source: 'acme' };
const CURSOR = 'acme/cursors/memory.json';
const scenes: Scene[] = [];

function scene(...args: Parameters<typeof setScene>): Scene {
  const made = setScene(...args);
  scenes.push(made);
  return made;
}

async function savedCursor(store: MemoryStore): Promise<Record<string, unknown>> {
  return JSON.parse((await store.get(CURSOR))!.body.toString()) as Record<string, unknown>;
}

/** A promise that a behaviour waits for. */
function gate(): { open: () => void; passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, passed: promise };
}

describe('shipper', () => {
  afterEach(async () => {
    for (const made of scenes.splice(0)) await made.stop();
  });

  it('delivers every entry in journal order, in batches of at most max_records', async () => {
    const sink = new MemorySink();
    const { journal, shipper, start, store } = scene(sink);
    journal.add(entries(0, 5));
    journal.add([], 'heartbeat');
    journal.add(entries(5, 8));
    start();
    await shipper.drained();
    expect(numbersOf(sink.stored)).toEqual(range(0, 8));
    expect(sink.batches.map(({ ids }) => ids.length)).toEqual([3, 3, 2]);
    expect(await savedCursor(store)).toMatchObject({
      v: 1,
      chain_id: '00000000000000aa',
      segment: 4,
      line: 0,
    });
  });

  it('cuts batches by the UTF-8 bytes of their lines, and sends a larger record alone', async () => {
    const sink = new MemorySink();
    const batch = { maxRecords: 100, maxBytes: 250, maxWaitMs: 0 };
    const { journal, shipper, start } = scene(sink, { batch });
    const sizes = ['', 'ü'.repeat(100), '', 'x'.repeat(400), '', ''];
    journal.add(sizes.map((padding, n) => entry(n, 0, padding)));
    start();
    await shipper.drained();
    expect(sink.batches.map(({ ids }) => numbersOf(ids))).toEqual([[0], [1], [2], [3], [4, 5]]);
  });

  it('flushes a quiet stream when its first record is max_wait old', async () => {
    const sink = new MemorySink();
    const clock = new FakeClock();
    const { journal, start, shipper } = scene(sink, { clock });
    journal.add(entries(0, 1));
    start();
    await clock.advance(600);
    journal.add(entries(1, 2));
    await clock.advance(399);
    expect(sink.batches).toEqual([]);
    await clock.advance(1);
    expect(sink.batches.map(({ ids }) => numbersOf(ids))).toEqual([[0, 1]]);
    expect(shipper.status()).toMatchObject({ state: 'running', lagSegments: 0, lagMs: 0 });
  });

  it('does not wait for max_wait when somebody waits for the end', async () => {
    const sink = new MemorySink();
    const clock = new FakeClock();
    const { journal, start, shipper } = scene(sink, { clock });
    journal.add(entries(0, 1));
    start();
    await clock.advance(1);
    await shipper.drained();
    expect(clock.monotonicMs()).toBe(1);
    expect(numbersOf(sink.stored)).toEqual([0]);
  });

  it('prepares the next batch while one is being written, and no more', async () => {
    const first = gate();
    const sink = new MemorySink();
    let mapped = 0;
    const mapper = () => {
      mapped += 1;
      return { line: '{}', date: undefined, minimal: false };
    };
    const entered = gate();
    sink.behaviour = async () => {
      entered.open();
      await first.passed;
      return STORED;
    };
    const { journal, start, shipper } = scene(sink, { mapper });
    journal.add(entries(0, 30));
    start();
    await entered.passed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(mapped).toBe(6);
    first.open();
    await shipper.drained();
    expect(mapped).toBe(30);
  });

  it('sends again only the records that the sink wants again, marked uncertain', async () => {
    const sink = new MemorySink();
    sink.behaviour = (_, __, attempt) =>
      attempt === 1 ? { retry: [1], retryReason: 'busy', refused: [] } : STORED;
    const { journal, start, shipper, metrics } = scene(sink);
    journal.add(entries(0, 4));
    start();
    await shipper.drained();
    expect(sink.batches).toEqual([
      { ids: [0, 1, 2].map(idOf), uncertain: true },
      { ids: [idOf(1)], uncertain: true },
      { ids: [idOf(3)], uncertain: false },
    ]);
    expect(metrics.value('clarifai_siem_sink_records_total', { ...LABELS, outcome: 'stored' })).toBe(4);
    expect(metrics.value('clarifai_siem_sink_records_total', { ...LABELS, outcome: 'retried' })).toBe(1);
    expect(metrics.value('clarifai_siem_sink_retries_total', LABELS)).toBe(1);
  });

  it('fault 64: halves a batch that is too large, down to the one record, which goes to the dead letters', async () => {
    const sink = new MemorySink();
    sink.behaviour = ({ records }) => {
      if (records.some(({ id }) => id === idOf(2)))
        throw new ConnectorError('413', { code: 'sink.too_large' });
      return STORED;
    };
    const { journal, start, shipper, store } = scene(sink, {
      batch: { maxRecords: 8, maxBytes: 1e6, maxWaitMs: 0 },
    });
    journal.add(entries(0, 8));
    start();
    await shipper.drained();
    expect(numbersOf(sink.stored).sort()).toEqual([0, 1, 3, 4, 5, 6, 7]);
    expect(await store.list('deadletters/')).toHaveLength(1);
  });

  it('fault 65: an ambiguous failure is answered by the same records again', async () => {
    const sink = new MemorySink();
    sink.behaviour = (_, __, attempt) => {
      if (attempt < 3) throw new ConnectorError('reset', { code: 'sink.reset', retryable: true });
      return STORED;
    };
    const { journal, start, shipper } = scene(sink);
    journal.add(entries(0, 3));
    start();
    await shipper.drained();
    expect(sink.batches.map(({ ids }) => numbersOf(ids))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(sink.batches.every(({ uncertain }) => uncertain)).toBe(true);
  });

  it('keeps a refused record in the dead letters before the cursor passes it; a poison record stops nobody', async () => {
    const events: string[] = [];
    const store = new MemoryStore({ after: (operation, key) => void events.push(`${operation} ${key}`) });
    const sink = new MemorySink();
    sink.behaviour = ({ records }) => ({
      retry: [],
      refused: records.flatMap(({ id }, index) =>
        id === idOf(1) ? [{ index, reason: 'mapping conflict' }] : [],
      ),
    });
    const { journal, start, shipper, metrics } = scene(sink, { store });
    journal.add(entries(0, 6));
    start();
    await shipper.drained();
    expect(numbersOf(sink.stored)).toEqual([0, 2, 3, 4, 5]);
    const key = 'deadletters/memory/acme/00000000000000aa-000000000001-000001.json';
    const letter = JSON.parse((await store.get(key))!.body.toString()) as object;
    expect(letter).toMatchObject({
      id: idOf(1),
      source: 'acme',
      sink: 'memory',
      reason: 'mapping conflict',
      segment: 1,
      line: 1,
      record: entry(1).bytes.toString(),
    });
    const buried = events.indexOf(`putIfAbsent ${key}`);
    // One save after each of the two batches, and none between the claim at the start and the letter.
    const saves = events.flatMap((event, at) => (event === `replace ${CURSOR}` ? [at - buried] : []));
    expect(saves.map(Math.sign)).toEqual([-1, 1, 1]);
    expect(shipper.status().deadLetters).toBe(1);
    expect(metrics.value('clarifai_siem_dead_letters', LABELS)).toBe(1);
  });

  it('a sink that refuses for good stops with an alarm, is tried again every minute, and delays nobody else', async () => {
    const journal = new MemoryJournal();
    const store = new MemoryStore();
    const clock = new FakeClock();
    const dead = new MemorySink({ id: 'dead' });
    let broken = true;
    dead.behaviour = () => {
      if (broken) throw new ConnectorError('token refused', { code: 'sink.unauthorized' });
      return STORED;
    };
    const alive = new MemorySink({ id: 'alive' });
    const first = scene(dead, { journal, store, clock });
    const second = scene(alive, { journal, store, clock });
    journal.add(entries(0, 6));
    first.start();
    second.start();
    await clock.advance(1);
    expect(numbersOf(alive.stored)).toEqual(range(0, 6));
    expect(first.shipper.status()).toMatchObject({
      state: 'stopped',
      lagSegments: 1,
      lagMs: 1,
      lastError: { code: 'sink.unauthorized', message: 'token refused' },
    });
    expect(first.log.of('error')).toHaveLength(1);
    expect(dead.batches).toHaveLength(1);
    await clock.advance(59_998);
    broken = false;
    await clock.advance(1_000);
    expect(numbersOf(dead.stored)).toEqual(range(0, 6));
    expect(first.shipper.status().state).toBe('running');
  });

  it('a sink that fails for more than five minutes raises one alarm and goes on by itself', async () => {
    const sink = new MemorySink();
    let broken = true;
    sink.behaviour = () => {
      if (broken) throw new ConnectorError('unreachable', { code: 'sink.io', retryable: true });
      return STORED;
    };
    const clock = new FakeClock();
    const { journal, start, shipper, log } = scene(sink, { clock });
    journal.add(entries(0, 3));
    start();
    await clock.advance(600_000);
    expect(shipper.status().state).toBe('retrying');
    expect(log.of('error')).toHaveLength(1);
    broken = false;
    await clock.advance(60_000);
    expect(numbersOf(sink.stored)).toEqual([0, 1, 2]);
    expect(shipper.status().state).toBe('running');
  });

  it('a write that never ends is given up after its time limit when the sink heeds the signal', async () => {
    const sink = new MemorySink();
    sink.behaviour = (_, signal, attempt) =>
      attempt > 1
        ? STORED
        : new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
    const clock = new FakeClock();
    const { journal, start, shipper } = scene(sink, { clock });
    journal.add(entries(0, 3));
    start();
    await clock.advance(125_000);
    expect(numbersOf(sink.stored)).toEqual([0, 1, 2]);
    expect(shipper.status().lastError?.code).toBe('sink.timeout');
  });

  it('saves the cursor of a sink that is not idempotent after every batch', async () => {
    const operations: string[] = [];
    const store = new MemoryStore({ after: (operation) => void operations.push(operation) });
    const sink = new MemorySink();
    const { journal, start, shipper } = scene(sink, { store });
    journal.add(entries(0, 30));
    start();
    await shipper.drained();
    expect(operations.filter((operation) => operation === 'replace')).toHaveLength(11);
  });

  it('saves the cursor of an idempotent sink at most once a second, and when it has caught up', async () => {
    const operations: string[] = [];
    const store = new MemoryStore({ after: (operation) => void operations.push(operation) });
    const sink = new MemorySink({ idempotent: true });
    const { journal, start, shipper } = scene(sink, { store });
    journal.add(entries(0, 30));
    start();
    await shipper.drained();
    expect(operations.filter((operation) => operation === 'replace')).toHaveLength(2);
    expect(await savedCursor(store)).toMatchObject({ segment: 2, line: 0, state: { written: 30 } });
  });

  it('counts minimal records', async () => {
    const mapper = () => ({ line: '{}', date: undefined, minimal: true });
    const { journal, start, shipper, metrics } = scene(new MemorySink(), { mapper });
    journal.add(entries(0, 4));
    start();
    await shipper.drained();
    expect(metrics.value('clarifai_siem_sink_minimal_records_total', LABELS)).toBe(4);
  });

  it('fault 77: when told to stop it ends the write in hand, saves, closes, and begins nothing new', async () => {
    const sink = new MemorySink();
    const entered = gate();
    const leave = gate();
    sink.behaviour = async () => {
      entered.open();
      await leave.passed;
      return STORED;
    };
    const { journal, start, stop, store } = scene(sink);
    journal.add(entries(0, 9));
    start();
    await entered.passed;
    const stopped = stop();
    leave.open();
    await stopped;
    expect(numbersOf(sink.stored)).toEqual([0, 1, 2]);
    expect(sink.batches).toHaveLength(1);
    expect(await savedCursor(store)).toMatchObject({ segment: 1, line: 3 });
    expect(sink.closes).toBe(1);
  });

  it('fault 77: a write that does not end holds a stop up for five seconds at most, and its batch stays due', async () => {
    const sink = new MemorySink();
    const entered = gate();
    sink.behaviour = (_, __, attempt) => {
      if (attempt === 1) return STORED;
      entered.open();
      return new Promise(() => {});
    };
    const clock = new FakeClock();
    const { journal, start, stop, store } = scene(sink, { clock });
    journal.add(entries(0, 9));
    start();
    await entered.passed;
    const stopped = stop();
    await clock.advance(5_000);
    await stopped;
    expect(await savedCursor(store)).toMatchObject({ segment: 1, line: 3 });
  });

  it('drained rejects when the shipper ends before, and nothing is left waiting', async () => {
    const sink = new MemorySink();
    sink.behaviour = () => {
      throw new ConnectorError('down', { code: 'sink.io', retryable: true });
    };
    const clock = new FakeClock();
    const { journal, start, shipper, stop } = scene(sink, { clock });
    journal.add(entries(0, 1));
    start();
    const drained = expect(shipper.drained()).rejects.toMatchObject({ code: 'shipper.ended' });
    await clock.advance(10_000);
    await stop();
    await drained;
    expect(clock.sleeping + clock.deadlines + journal.waiting).toBe(0);
    await expect(shipper.drained()).rejects.toMatchObject({ code: 'shipper.ended' });
  });
});
