import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import {
  draft,
  entry,
  filled,
  keyOf,
  options,
  overwrite,
  rewrite,
  SOURCE,
  seededRandom,
  span,
  T0,
} from './fixtures.ts';

const io = () => new ConnectorError('no answer', { code: 'store.io', retryable: true });

describe('journal', () => {
  it('begins with a genesis that holds chain id, start and fingerprint', async () => {
    const store = new MemoryStore();
    const journal = await openJournal(options(store));
    expect(await store.list('')).toEqual([keyOf(0)]);
    expect(journal.head).toMatchObject({ n: 0, kind: 'genesis', prev: '0'.repeat(64), coverage: [] });
    expect(journal.genesis).toMatchObject({ start: T0, fingerprint: 'f'.repeat(64) });
    expect(journal.genesis.chainId).toMatch(/^[0-9a-f]{16}$/);
  });

  it('keeps its first start for life', async () => {
    const store = new MemoryStore();
    await openJournal(options(store));
    const again = await openJournal(options(store, { resolveStart: () => expect.fail('resolved again') }));
    expect(again.genesis.start).toBe(T0);
  });

  it('fault 23: dates no segment by a clock that was ahead only when the journal began', async () => {
    const clock = new FakeClock({ nowMs: Date.UTC(2099, 0, 1) });
    const journal = await openJournal(options(new MemoryStore(), { clock }));
    clock.jump(Date.UTC(2026, 0, 2) - clock.nowMs());
    await journal.append(draft(0, 10));
    expect(journal.head.written).toBe('2026-01-02T00:00:00.000Z');
  });

  it('fault 22: dates no segment earlier than the one before it', async () => {
    const clock = new FakeClock({ nowMs: Date.UTC(2026, 0, 3) });
    const journal = await openJournal(options(new MemoryStore(), { clock }));
    await journal.append(draft(0, 10));
    clock.jump(Date.UTC(2026, 0, 2) - clock.nowMs());
    await journal.append(draft(10, 20));
    expect(journal.head.written).toBe('2026-01-03T00:00:00.000Z');
  });

  it('refuses another fingerprint', async () => {
    const store = new MemoryStore();
    await openJournal(options(store));
    await expect(openJournal(options(store, { fingerprint: 'e'.repeat(64) }))).rejects.toMatchObject({
      code: 'journal.fingerprint',
      exitCode: 2,
      message: expect.stringContaining('new source id'),
    });
  });

  it('is found again after a restart as it was', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, 6);
    const again = await openJournal(options(store));
    expect(again.head).toEqual(journal.head);
    expect(again.headHash).toBe(journal.headHash);
    expect(again.genesis).toEqual(journal.genesis);
    for (let n = 0; n <= 6; n++) expect(await again.read(n)).toEqual(await journal.read(n));
  });

  it('reads back what no longer fits its memory', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, 4, { cacheBytes: 0 });
    const segment = await journal.read(2);
    expect(segment.header).toMatchObject({ n: 2, count: 3, coverage: [span(0, 20)] });
  });

  it('reads only the overlap at a start', async () => {
    const read: string[] = [];
    const store = new MemoryStore({
      before: (operation, key) => {
        if (operation === 'get') read.push(key);
      },
    });
    await filled(store, 6);
    read.length = 0;
    await openJournal(options(store));
    expect(read.filter((key) => key.includes('/segments/')).sort()).toEqual([0, 3, 4, 5, 6].map(keyOf));
  });

  it('finds the segments whose entries touch a span', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, 5);
    const touched = async (from: number, to: number, of = journal) =>
      (await of.touching(span(from, to))).map(({ n }) => n);
    expect(await touched(10, 20)).toEqual([2]);
    expect(await touched(17, 31)).toEqual([2, 3, 4]);
    expect(await touched(8, 10)).toEqual([]);
    expect(await touched(0, 1000)).toEqual([1, 2, 3, 4, 5]);
    await journal.append(draft(50, 60, [], { kind: 'heartbeat' }));
    await journal.append(draft(60, 70, [entry(5, 'late'), entry(undefined)]));
    expect(await touched(4, 6)).toEqual([1, 7]);
    expect(await touched(0, 1000)).toEqual([1, 2, 3, 4, 5, 7]);
    expect(await touched(4, 6, await openJournal(options(store)))).toEqual([1, 7]);
  });

  it('remembers the segments with undated entries', async () => {
    const journal = await filled(new MemoryStore(), 1);
    await journal.append(draft(10, 20, [entry(undefined)], { kind: 'undated' }));
    await journal.append(draft(20, 30));
    expect(journal.head.undated).toEqual([2]);
  });

  it('tells who waits for a segment', async () => {
    const journal = await filled(new MemoryStore(), 1);
    const stop = new AbortController();
    const [soon, never] = [journal.reached(2, stop.signal), journal.reached(9, stop.signal)];
    await journal.reached(1, stop.signal);
    await journal.append(draft(10, 20));
    await soon;
    stop.abort(new Error('stopped'));
    await expect(never).rejects.toThrow('stopped');
  });

  it('takes a segment whose answer was lost for its own', async () => {
    let lost = false;
    const store = new MemoryStore({
      after: (operation) => {
        if (lost && operation === 'putIfAbsent') throw io();
      },
    });
    const journal = await filled(store, 1);
    lost = true;
    const next = draft(10, 20);
    await expect(journal.append(next)).rejects.toMatchObject({ code: 'store.io' });
    lost = false;
    const written = await journal.append(next);
    expect(written?.segment.header.n).toBe(2);
    expect(await store.list(`${SOURCE}/segments/`)).toHaveLength(3);
    expect(await journal.append(draft(20, 30))).toBeDefined();
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('two at one store: one wins, the other learns of it and goes on behind', async () => {
    const store = new MemoryStore();
    const one = await filled(store, 1);
    const other = await openJournal(options(store));
    const won = await Promise.all([
      one.append(draft(10, 20, [entry(11)])),
      other.append(draft(10, 20, [entry(12)])),
    ]);
    expect(won.filter((each) => each !== undefined)).toHaveLength(1);
    const [winner, loser] = won[0] === undefined ? [other, one] : [one, other];
    expect(loser.head).toEqual(winner.head);
    expect(loser.headHash).toBe(winner.headHash);
    for (let i = 2; i < 6; i++) await winner.append(draft(i * 10, i * 10 + 10));
    expect(await loser.append(draft(20, 30, [entry(25)]))).toBeUndefined();
    expect(loser.head.n).toBe(6);
    expect((await loser.append(draft(60, 70)))?.segment.header.n).toBe(7);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('two that begin at one empty store share one genesis', async () => {
    const store = new MemoryStore();
    const [one, other] = await Promise.all([
      openJournal(options(store)),
      openJournal(options(store, { random: seededRandom(2) })),
    ]);
    expect(one.genesis.chainId).toBe(other.genesis.chainId);
  });
});

describe('recovery', () => {
  const open = (store: MemoryStore) => openJournal(options(store));

  it.each([0, 3, 4, 5, 6])('fault 75: refuses to start when segment %d is damaged', async (n) => {
    const store = new MemoryStore();
    await filled(store, 6);
    const { body } = (await store.get(keyOf(n)))!;
    await overwrite(store, keyOf(n), body.subarray(0, body.length >> 1));
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', exitCode: 6, key: keyOf(n) });
  });

  it.each([0, 1, 3, 5])('fault 75: refuses to start when segment %d is missing', async (n) => {
    const store = new MemoryStore();
    await filled(store, 6);
    await store.delete(keyOf(n));
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', exitCode: 6, key: keyOf(n) });
  });

  it('fault 75: refuses to start when a segment of the overlap was changed', async () => {
    const store = new MemoryStore();
    await filled(store, 6);
    await rewrite(store, 5, (text) => text.replace('"operation":1', '"operation":2'));
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', exitCode: 6 });
  });

  it('fault 75: refuses a newer format, and never begins anew', async () => {
    const store = new MemoryStore();
    await filled(store, 2);
    await rewrite(store, 2, (text) => text.replace('"v":1', '"v":7'));
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.newer_format', exitCode: 6 });
    expect(await store.list('')).toHaveLength(3);
  });
});
