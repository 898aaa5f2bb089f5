import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentKey } from '../../src/journal/keys.ts';
import { applyRetention } from '../../src/journal/retention.ts';
import type { StoredJournal } from '../../src/journal/stored-journal.ts';
import type { Segment } from '../../src/journal/types.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { countingRandom, covered, draftOf, entryAt, grow, MINUTE, open, SOURCE, START } from './chain.ts';

const LATER_MS = Date.UTC(2027, 0, 1);
const ROUNDS = 6;
/** Chances of {@link chaos}, in hundredths: an answer is lost; an operation is not done. */
const LOST = 10;
const REFUSED = 20;

/** A store whose operations overlap and fail as `dice` say. */
function chaos(dice: () => number): { store: MemoryStore; calm: () => void } {
  let wild = true;
  const fail = () => new ConnectorError('no answer', { code: 'store.io', retryable: true });
  const wait = async () => {
    for (let turns = dice() % 4; wild && turns > 0; turns--) await setImmediate();
  };
  const store = new MemoryStore({
    before: async () => {
      await wait();
      if (wild && dice() % 100 >= 100 - REFUSED) throw fail();
    },
    after: async () => {
      await wait();
      if (wild && dice() % 100 < LOST) throw fail();
    },
  });
  return {
    store,
    calm: () => {
      wild = false;
    },
  };
}

async function insisting<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ConnectorError && error.retryable)) throw error;
    }
  }
}

/** What a committer named `name` does: it drafts anew behind the head that it sees whenever another was faster. */
async function commit(journal: StoredJournal, name: string): Promise<Segment[]> {
  const acknowledged: Segment[] = [];
  while (acknowledged.length < ROUNDS) {
    const n = journal.head.n + 1;
    const at = START + BigInt(n - 1) * MINUTE;
    const draft = draftOf(n, { entries: [entryAt(at, `${name}${n}`)] });
    const written = await insisting(() => journal.append(draft));
    if (written !== undefined) acknowledged.push(written.segment);
    else expect(journal.head.n).toBeGreaterThanOrEqual(n);
  }
  return acknowledged;
}

describe('journals on one store', () => {
  it('fault 77: three that race while operations fail and answers are lost end with one chain of all they committed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(9_999)), async (stream) => {
        const { store, calm } = chaos(() => stream.next().value!);
        const names = ['x', 'y', 'z'];
        const journals = await Promise.all(
          names.map(() => insisting(() => open(store, { random: countingRandom() }))),
        );
        const acknowledged = await Promise.all(journals.map((journal, i) => commit(journal, names[i]!)));
        calm();
        expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
        const reopened = await open(store);
        expect(reopened.head.n).toBe(names.length * ROUNDS);
        const numbers = acknowledged.flat().map(({ header }) => header.n);
        expect(new Set(numbers).size).toBe(names.length * ROUNDS);
        for (const segment of acknowledged.flat()) {
          expect((await reopened.read(segment.header.n)).hash).toBe(segment.hash);
        }
        // Who is behind learns it at its next append.
        for (const journal of journals.filter(({ head }) => head.n < reopened.head.n)) {
          expect(await journal.append(draftOf(journal.head.n + 1, { entries: [] }))).toBeUndefined();
          expect(journal.headHash).toBe(reopened.headHash);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('fault 77: one that slept until retention had removed what follows its head commits nothing into the hole', async () => {
    const store = new MemoryStore();
    const sleeper = await open(store);
    const other = await open(store);
    await grow(sleeper, 1);
    await other.append(draftOf(1));
    await grow(other, 8);
    const options = { store, journal: other, nowMs: LATER_MS, retentionMs: 0, log: silentLog };
    expect(await applyRetention({ ...options, neededFrom: 99 })).toBe(6);

    expect(
      await sleeper.append(draftOf(2, { entries: [entryAt(START + MINUTE, 'zombie')] })),
    ).toBeUndefined();
    expect(sleeper.head).toEqual(other.head);
    expect(sleeper.headHash).toBe(other.headHash);
    expect(sleeper.trimmed?.begins).toBe(7);
    expect((await sleeper.append(draftOf(9)))?.segment.header.n).toBe(9);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    expect(await applyRetention({ ...options, journal: sleeper, neededFrom: 0 })).toBe(0);
    expect(await store.list('acme/segments/')).toEqual([0, 7, 8, 9].map((n) => segmentKey(SOURCE, n)));
  });

  it('one that could not read what the faster one wrote does not commit its old draft behind it', async () => {
    let failing = false;
    const store = new MemoryStore({
      before: (operation, key) => {
        if (failing && operation === 'get' && key === segmentKey(SOURCE, 2)) {
          throw new ConnectorError('no answer', { code: 'store.io', retryable: true });
        }
      },
    });
    const slow = await open(store);
    const fast = await open(store);
    await grow(fast, 3);
    failing = true;
    const old = draftOf(1, { entries: [entryAt(START, 'old')] });
    await expect(slow.append(old)).rejects.toMatchObject({ code: 'store.io' });
    await expect(slow.append(old)).rejects.toMatchObject({ code: 'store.io' });
    failing = false;
    expect(await slow.append(old)).toBeUndefined();
    expect(slow.head).toEqual(fast.head);
    expect((await slow.append(draftOf(4)))?.segment.header.n).toBe(4);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('one that slept while another applied retention does not put the older record in the place of the newer', async () => {
    const store = new MemoryStore();
    const sleeper = await open(store);
    await grow(sleeper, 4);
    const other = await open(store);
    await grow(other, 9);
    const options = { store, nowMs: LATER_MS, retentionMs: 0, neededFrom: 99, log: silentLog };
    expect(await applyRetention({ ...options, journal: other })).toBe(7);
    const before = await store.list('');
    await expect(applyRetention({ ...options, journal: sleeper })).rejects.toMatchObject({
      code: 'store.conflict',
    });
    expect(await store.list('')).toEqual(before);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    expect(sleeper.trimmed).toEqual(other.trimmed);
    expect(await applyRetention({ ...options, journal: sleeper })).toBe(0);
    expect(await sleeper.append(draftOf(5))).toBeUndefined();
    expect(sleeper.headHash).toBe(other.headHash);
  });

  it('one whose chain was replaced by another meanwhile stops with an error', async () => {
    const store = new MemoryStore();
    const journal = await open(store);
    await grow(journal, 2);
    for (const key of await store.list('')) await store.delete(key);
    const other = await open(store, { random: { float: () => 0, hex: () => 'f'.repeat(16) } });
    await grow(other, 3);
    const refusal = { code: 'journal.damaged', exitCode: 6 };
    await expect(journal.append(draftOf(3))).rejects.toMatchObject({
      ...refusal,
      key: segmentKey(SOURCE, 3),
    });
    await grow(other, 9);
    const options = { store, nowMs: LATER_MS, retentionMs: 0, neededFrom: 99, log: silentLog };
    await applyRetention({ ...options, journal: other });
    await expect(journal.append(draftOf(3))).rejects.toMatchObject({
      ...refusal,
      reason: expect.stringContaining('another chain has taken its place'),
    });
    expect(journal.head.n).toBe(2);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('wakes those who wait in the process that was slower, too', async () => {
    const store = new MemoryStore();
    const slow = await open(store);
    const fast = await open(store);
    await grow(fast, 3);
    const waiting = slow.reached(3, new AbortController().signal);
    expect(await slow.append(draftOf(1, { entries: [] }))).toBeUndefined();
    await waiting;
    expect(slow.head).toEqual(fast.head);
    const touched = await slow.touching(covered(9)[0]!);
    expect(touched.map(({ n }) => n)).toEqual([1, 2, 3]);
  });
});
