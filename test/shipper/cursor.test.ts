import { afterEach, describe, expect, it } from 'vitest';
import { CursorFile, cursorKey } from '../../src/shipper/cursor.ts';
import { skipTrimmed, startOf } from '../../src/shipper/start.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { seededRandom } from '../support/stepping-clock.ts';
import { MemorySink, STORED } from './memory-sink.ts';
import { entries, entry, numbersOf, range, type Scene, scene as setScene } from './scenario.ts';

const KEY = cursorKey('acme', 'memory');
const AT = { chainId: '00000000000000aa', position: { segment: 2, line: 5 }, state: { x: 1 }, floor: 0 };
const scenes: Scene[] = [];

function scene(...args: Parameters<typeof setScene>): Scene {
  const made = setScene(...args);
  scenes.push(made);
  return made;
}

function cursorFile(store: MemoryStore, seed = 1): CursorFile {
  return new CursorFile(store, KEY, new FakeClock(), seededRandom(seed));
}

describe('cursor', () => {
  afterEach(async () => {
    for (const made of scenes.splice(0)) await made.stop();
  });

  it('reads back what was saved', async () => {
    const store = new MemoryStore();
    await cursorFile(store).save(AT);
    expect(await cursorFile(store).load()).toEqual(AT);
  });

  it('goes on when the answer to its own save was lost', async () => {
    let lose = false;
    const after = (operation: string) => {
      if (!lose || operation !== 'replace') return;
      lose = false;
      throw new Error('answer lost');
    };
    const file = cursorFile(new MemoryStore({ after }));
    await file.save(AT);
    lose = true;
    await expect(file.save(AT)).rejects.toThrow('answer lost');
    await expect(file.save(AT)).resolves.toBeUndefined();
  });

  it('fault 76: a save after another process has saved is refused, and changes nothing', async () => {
    const store = new MemoryStore();
    const zombie = cursorFile(store, 1);
    await zombie.save(AT);
    const other = cursorFile(store, 2);
    await other.load();
    await other.save({ ...AT, position: { segment: 9, line: 0 } });
    await expect(zombie.save(AT)).rejects.toMatchObject({ code: 'shipper.fenced', retryable: false });
    expect(await cursorFile(store).load()).toMatchObject({ position: { segment: 9, line: 0 } });
  });

  it.each([
    ['{', 'shipper.cursor_damaged'],
    ['[]', 'shipper.cursor_damaged'],
    ['{"v":1,"chain_id":"a","segment":-1,"line":0,"floor":0}', 'shipper.cursor_damaged'],
    ['{"v":1,"chain_id":"a","segment":1,"line":0,"floor":0,"state":[]}', 'shipper.cursor_damaged'],
    ['{"v":2}', 'shipper.cursor_newer'],
  ])('fault 75: %s is refused, and never means "from now"', async (body, code) => {
    const store = new MemoryStore();
    await store.putIfAbsent(KEY, Buffer.from(body));
    await expect(cursorFile(store).load()).rejects.toMatchObject({ code, retryable: false });
  });

  it('fault 76: a shipper that another process took over from stops for good and says so', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    const old = new MemorySink();
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    old.behaviour = async (_, __, attempt) => {
      if (attempt < 2) return STORED;
      entered.resolve();
      await leave.promise;
      return STORED;
    };
    journal.add(entries(0, 9));
    const zombie = scene(old, { store, journal });
    zombie.start();
    await entered.promise;
    const fresh = new MemorySink();
    const successor = scene(fresh, { store, journal, random: seededRandom(2) });
    successor.start();
    await successor.shipper.drained();
    const drained = expect(zombie.shipper.drained()).rejects.toMatchObject({ code: 'shipper.ended' });
    leave.resolve();
    await drained;
    expect(numbersOf(old.stored)).toEqual(range(0, 6));
    expect(numbersOf(fresh.stored)).toEqual(range(3, 9));
    expect(zombie.shipper.status()).toMatchObject({ state: 'fenced', lastError: { code: 'shipper.fenced' } });
    expect(zombie.log.of('error')).toHaveLength(1);
    expect(old.closes).toBe(1);
  });
});

describe('start', () => {
  afterEach(async () => {
    for (const made of scenes.splice(0)) await made.stop();
  });

  it('goes on behind the saved cursor with the saved state, and marks the first batch uncertain', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    journal.add(entries(0, 4));
    const before = scene(new MemorySink(), { store, journal });
    before.start();
    await before.shipper.drained();
    await before.stop();
    journal.add(entries(4, 12));
    const sink = new MemorySink();
    const after = scene(sink, { store, journal, random: seededRandom(2) });
    after.start();
    await after.shipper.drained();
    expect(sink.opened).toEqual([
      { source: { id: 'acme', chainId: '00000000000000aa' }, state: { written: 4 } },
    ]);
    expect(numbersOf(sink.stored)).toEqual(range(4, 12));
    expect(sink.batches.map(({ uncertain }) => uncertain)).toEqual([true, false, false]);
  });

  it('`from: now` begins behind the head of the first start, also after a crash before any delivery', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    journal.add(entries(0, 3));
    const first = scene(new MemorySink(), { store, journal, from: 'now' });
    first.start();
    await first.shipper.drained();
    await first.stop();
    journal.add(entries(3, 6));
    const sink = new MemorySink();
    const second = scene(sink, { store, journal, from: 'now', random: seededRandom(2) });
    second.start();
    await second.shipper.drained();
    expect(numbersOf(sink.stored)).toEqual([3, 4, 5]);
  });

  it('ships a new chain from its beginning, without the old state, also with `from: now`', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    journal.add(entries(0, 3));
    const before = scene(new MemorySink(), { store, journal });
    before.start();
    await before.shipper.drained();
    await before.stop();
    const rebuilt = new MemoryJournal({ chainId: '00000000000000bb' });
    rebuilt.add(entries(0, 2));
    const sink = new MemorySink();
    const after = scene(sink, { store, journal: rebuilt, from: 'now', random: seededRandom(2) });
    after.start();
    await after.shipper.drained();
    expect(sink.opened).toEqual([{ source: { id: 'acme', chainId: '00000000000000bb' }, state: undefined }]);
    expect(numbersOf(sink.stored)).toEqual([0, 1]);
  });

  it('refuses a cursor that stands behind the end of the journal', () => {
    const journal = new MemoryJournal();
    expect(() => startOf({ ...AT, position: { segment: 2, line: 0 } }, journal, 'earliest')).toThrow(
      expect.objectContaining({ code: 'shipper.cursor_ahead' }),
    );
    expect(startOf({ ...AT, position: { segment: 1, line: 0 } }, journal, 'earliest').kind).toBe('resumed');
  });

  it('`earliest` ships what retention has kept, undated segments included, without an alarm', async () => {
    const journal = new MemoryJournal();
    journal.add(entries(0, 2));
    journal.add([entry(2, undefined)], 'undated');
    journal.add(entries(3, 4));
    journal.add(entries(4, 6));
    journal.trim(4);
    const sink = new MemorySink();
    const { start, shipper, log, metrics } = scene(sink, { journal });
    start();
    await shipper.drained();
    expect(numbersOf(sink.stored)).toEqual([2, 4, 5]);
    expect(log.of('error')).toEqual([]);
    expect(metrics.value('clarifai_siem_sink_lost_segments_total', { sink: 'memory', source: 'acme' })).toBe(
      0,
    );
  });

  it('a cursor below the trim moves up, and says loudly how much was lost', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    journal.add(entries(0, 2));
    await cursorFile(store, 9).save({ ...AT, position: { segment: 2, line: 0 }, state: undefined });
    journal.add(entries(2, 3));
    journal.add([entry(3, undefined)], 'undated');
    journal.add(entries(4, 5));
    journal.add(entries(5, 6));
    journal.trim(5);
    const sink = new MemorySink();
    const { start, shipper, log, metrics } = scene(sink, { journal, store });
    start();
    await shipper.drained();
    expect(numbersOf(sink.stored)).toEqual([3, 5]);
    expect(log.of('error')).toHaveLength(2);
    expect(metrics.value('clarifai_siem_sink_lost_segments_total', { sink: 'memory', source: 'acme' })).toBe(
      2,
    );
  });

  it('does not move out of a segment that is held', () => {
    const journal = new MemoryJournal();
    for (let n = 0; n < 4; n += 1) journal.add(entries(n, n + 1));
    journal.trim(3);
    const at = { segment: 3, line: 1 };
    expect(skipTrimmed(journal, at, 0)).toEqual({ position: at, lost: 0 });
  });
});
