import { describe, expect, it } from 'vitest';
import { readEntry } from '../../src/event/answer.ts';
import { trimKey } from '../../src/journal/keys.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { draft, entry, filled, keyOf, overwrite, rewrite, SOURCE } from './fixtures.ts';

const LAST = 6;

async function journalStore(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await filled(store, LAST);
  return store;
}

const verify = (store: MemoryStore) => verifyJournal(store, SOURCE);

/** Verifies, and expects the first fault at segment `n`. */
async function expectFaultAt(store: MemoryStore, n: number, reason?: string): Promise<void> {
  const report = await verify(store);
  expect(report.faults.map(({ key }) => key)).toContain(keyOf(n));
  if (reason !== undefined) expect(report.faults.map((fault) => fault.reason).join('; ')).toContain(reason);
  // Without genesis, what follows it still hangs together.
  expect(report.lastGood).toBe(n === 0 ? LAST : n - 1);
}

describe('verify', () => {
  it('finds nothing wrong with a journal that is whole', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, LAST);
    expect(await verify(store)).toMatchObject({
      chainId: journal.genesis.chainId,
      begins: 1,
      ends: LAST,
      segments: LAST + 1,
      entries: LAST * 3,
      head: { n: LAST, hash: journal.headHash },
      faults: [],
      lastGood: LAST,
    });
  });

  it('finds nothing where there is no journal', async () => {
    expect(await verify(new MemoryStore())).toMatchObject({ ends: -1, segments: 0, faults: [] });
  });

  it.each([0, 1, 3, LAST])('fault 75: names segment %d when any of its bytes is flipped', async (n) => {
    const store = await journalStore();
    const { body } = (await store.get(keyOf(n)))!;
    // The gzip header's time, flags and OS hold nothing that is read.
    for (let at = 10; at < body.length; at += 7) {
      const flipped = Buffer.from(body);
      flipped[at]! ^= 0x10;
      await overwrite(store, keyOf(n), flipped);
      await expectFaultAt(store, n);
    }
  });

  it.each([0, 1, 3, LAST])('fault 75: names segment %d when it is cut off', async (n) => {
    const store = await journalStore();
    const { body } = (await store.get(keyOf(n)))!;
    for (const length of [0, 1, 10, body.length >> 1, body.length - 1]) {
      await overwrite(store, keyOf(n), body.subarray(0, length));
      await expectFaultAt(store, n);
    }
  });

  it.each([0, 1, 3, LAST - 1])('fault 75: names segment %d when it is missing', async (n) => {
    const store = await journalStore();
    await store.delete(keyOf(n));
    await expectFaultAt(store, n, 'it is missing');
  });

  it('cannot see that the newest segment was removed: the head hash in the log tells', async () => {
    const store = await journalStore();
    const { head } = await verify(store);
    await store.delete(keyOf(LAST));
    const report = await verify(store);
    expect(report.faults).toEqual([]);
    expect(report.head).not.toEqual(head);
  });

  it('names two segments that were swapped', async () => {
    const store = await journalStore();
    const [two, four] = [(await store.get(keyOf(2)))!.body, (await store.get(keyOf(4)))!.body];
    await overwrite(store, keyOf(2), four);
    await overwrite(store, keyOf(4), two);
    await expectFaultAt(store, 2, 'it is segment 4');
    await expectFaultAt(store, 2, 'it is segment 2');
  });

  it('names a segment whose entry was changed and packed anew', async () => {
    const store = await journalStore();
    await rewrite(store, 3, (text) => text.replace('"operation":1', '"operation":2'));
    await expectFaultAt(store, 3, 'entry 1 (line 2) does not have the event id of its bytes');
  });

  it('names a segment whose entry is no longer JSON', async () => {
    const store = await journalStore();
    await rewrite(store, 3, (text) => text.replace('"operation":1', '"operation":;'));
    await expectFaultAt(store, 3, 'entry 1 (line 2)');
  });

  it.each([1, 3])('names segment %d when its header was changed so that it is whole by itself', async (n) => {
    const store = await journalStore();
    await rewrite(store, n, (text) => text.replace('"largest_page":1', '"largest_page":9'));
    await expectFaultAt(store, n, 'it was changed');
  });

  it('names a segment whose entry the journal had before', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, 2);
    await journal.append(draft(20, 30, [entry(3)], { kind: 'late' }));
    await expectFaultAt(store, 3, 'is in the journal twice');
  });

  it('names a segment with an entry outside of coverage', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, 2);
    await journal.append(draft(20, 30, [entry(40)]));
    await expectFaultAt(store, 3, 'outside of coverage');
  });

  it.each(['0000-06-01T00:00:00Z', '9999-12-31T23:59:59-01:00'])(
    'fault 27: names a segment with an entry of %s outside of coverage',
    async (time) => {
      const store = new MemoryStore();
      const journal = await filled(store, 2);
      const { baseId: id, ...entry } = readEntry(Buffer.from(`{"timestamp":"${time}"}`));
      await journal.append(draft(20, 30, [{ id, ...entry }]));
      await expectFaultAt(store, 3, 'ns since 1970, is outside of coverage');
    },
  );

  it('names a segment whose coverage shrinks', async () => {
    const store = new MemoryStore();
    const journal = await filled(store, 2);
    await journal.append(draft(0, 15, []));
    await expectFaultAt(store, 3, 'its coverage lacks');
  });

  it('names a trim record that cannot be read', async () => {
    const store = await journalStore();
    await store.putIfAbsent(trimKey(SOURCE), Buffer.from('{'));
    expect((await verify(store)).faults.map(({ key }) => key)).toContain(trimKey(SOURCE));
  });
});
