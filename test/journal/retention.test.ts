import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { applyRetention, type RetentionOptions } from '../../src/journal/retention.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draft, entry, filled, keyOf, options, SOURCE, span } from './fixtures.ts';

const HOUR_MS = 3_600_000;

/** A journal whose segments were written one hour apart; segment 2 is undated, `resume` of the head is 6. */
async function aged(store: MemoryStore) {
  const clock = new FakeClock();
  const journal = await openJournal(options(store, { clock }));
  for (let i = 0; i < 8; i++) {
    await clock.advance(HOUR_MS);
    const more = { resume: Math.max(0, i - 1) };
    await journal.append(
      i === 1
        ? draft(10, 20, [entry(undefined)], { ...more, kind: 'undated' })
        : draft(i * 10, i * 10 + 10, [entry(i * 10)], more),
    );
  }
  const trim = (over: Partial<RetentionOptions> = {}) =>
    applyRetention({
      store,
      journal,
      nowMs: clock.nowMs(),
      retentionMs: 0,
      neededFrom: Number.POSITIVE_INFINITY,
      log: silentLog,
      ...over,
    });
  return { journal, trim };
}

const numbers = async (store: MemoryStore) =>
  (await store.list(`${SOURCE}/segments/`)).map((key) => Number(key.slice(-22, -10)));

describe('retention', () => {
  it('keeps genesis, undated segments and what a restart reads', async () => {
    const store = new MemoryStore();
    const { trim, journal } = await aged(store);
    expect(journal.head.resume).toBe(6);
    expect(await trim()).toBe(5);
    expect(await numbers(store)).toEqual([0, 2, 6, 7, 8]);
    expect(await trim()).toBe(0);
  });

  it('keeps the head, and not what a restart reads, when it is told so', async () => {
    const store = new MemoryStore();
    const { trim, journal } = await aged(store);
    expect(await trim({ keepsOverlap: false })).toBe(7);
    expect(await numbers(store)).toEqual([0, 2, 8]);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    const again = await openJournal(options(store));
    expect(again.head.n).toBe(journal.head.n);
    expect((await again.append(draft(80, 90)))?.segment.header.n).toBe(9);
  });

  it('removes only what was written before the retention', async () => {
    const store = new MemoryStore();
    const { trim } = await aged(store);
    expect(await trim({ retentionMs: 5 * HOUR_MS })).toBe(3);
    expect(await numbers(store)).toEqual([0, 2, 4, 5, 6, 7, 8]);
  });

  it('never removes a segment that a sink still needs', async () => {
    const store = new MemoryStore();
    const { trim } = await aged(store);
    expect(await trim({ neededFrom: 3 })).toBe(2);
    expect(await numbers(store)).toEqual([0, 2, 3, 4, 5, 6, 7, 8]);
    expect(await trim({ neededFrom: 0 })).toBe(0);
  });

  it('removes no more than it is told at once', async () => {
    const store = new MemoryStore();
    const { trim } = await aged(store);
    expect(await trim({ maxSegments: 1 })).toBe(1);
    expect(await trim({ maxSegments: 3 })).toBe(3);
    expect(await numbers(store)).toEqual([0, 2, 5, 6, 7, 8]);
  });

  it('leaves a journal that verifies, opens and says what is gone', async () => {
    const store = new MemoryStore();
    const { trim, journal } = await aged(store);
    await trim({ maxSegments: 2 });
    await trim({ maxSegments: 2 });
    expect(journal.trimmed).toMatchObject({ begins: 5, spans: [span(0, 40)] });
    expect(await verifyJournal(store, SOURCE)).toMatchObject({
      begins: 5,
      faults: [],
      trimmed: [span(0, 40)],
    });
    const again = await openJournal(options(store));
    expect(again.trimmed).toEqual(journal.trimmed);
    await expect(again.read(3)).rejects.toMatchObject({ code: 'journal.trimmed' });
    expect((await again.read(2)).header.kind).toBe('undated');
    expect((await again.touching(span(0, 1000))).map(({ n }) => n)).toEqual([5, 6, 7, 8]);
    expect((await again.append(draft(80, 90)))?.segment.header.n).toBe(9);
  });

  it('fault 77: dies at any call: the journal holds, and the next call ends the work', async () => {
    for (let at = 0; ; at++) {
      let left = Number.POSITIVE_INFINITY;
      const store = new MemoryStore({
        before: () => {
          if (left-- <= 0) throw new Error('died');
        },
      });
      const { trim } = await aged(store);
      left = at;
      const died = await trim().then(
        () => false,
        () => true,
      );
      left = Number.POSITIVE_INFINITY;
      expect((await verifyJournal(store, SOURCE)).faults, `call ${at}`).toEqual([]);
      const journal = await openJournal(options(store));
      await trim({ journal });
      expect(await numbers(store), `call ${at}`).toEqual([0, 2, 6, 7, 8]);
      if (!died) break;
    }
  });

  it('is no excuse for a segment that is missing behind it', async () => {
    const store = new MemoryStore();
    const { trim } = await aged(store);
    await trim();
    await store.delete(keyOf(6));
    expect((await verifyJournal(store, SOURCE)).faults[0]).toMatchObject({
      key: keyOf(6),
      reason: 'it is missing',
    });
    await expect(filled(store, 0)).rejects.toMatchObject({ code: 'journal.damaged' });
  });
});
