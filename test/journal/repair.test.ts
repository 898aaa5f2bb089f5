import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import { repairKey } from '../../src/journal/keys.ts';
import { repairJournal } from '../../src/journal/repair.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import type { MemoryStoreHooks } from '../../src/store/memory.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draft, filled, keyOf, options, overwrite, SOURCE, seededRandom, span, T0 } from './fixtures.ts';

const CURSOR = `${SOURCE}/cursors/siem.json`;
const COUNT = 6;

const repair = (store: Store) =>
  repairJournal({
    store,
    source: SOURCE,
    clock: new FakeClock(),
    random: seededRandom(99),
    fingerprint: 'f'.repeat(64),
    resolveStart: () => T0,
  });

/** Every object, by key. */
async function contents(store: Store): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const key of await store.list('')) all.set(key, (await store.get(key))!.body.toString('hex'));
  return all;
}

/** A journal whose segment `n` is cut off, and a sink that is at segment `at`. */
async function damagedStore(n: number, at: number, hooks: MemoryStoreHooks = {}) {
  const store = new MemoryStore(hooks);
  const journal = await filled(store, COUNT);
  const cursor = { v: 1, chain_id: journal.genesis.chainId, segment: at, line: 2 };
  await store.putIfAbsent(CURSOR, Buffer.from(JSON.stringify(cursor)));
  const { body } = (await store.get(keyOf(n)))!;
  await overwrite(store, keyOf(n), body.subarray(0, body.length >> 1));
  return { store, journal };
}

async function cursorOf(store: Store): Promise<unknown> {
  return JSON.parse((await store.get(CURSOR))!.body.toString());
}

describe('repair', () => {
  it('leaves a journal alone that is whole', async () => {
    const store = new MemoryStore();
    await filled(store, COUNT);
    const before = await contents(store);
    expect(await repair(store)).toBeUndefined();
    expect(await contents(store)).toEqual(before);
  });

  it.each([0, 1, 2, 4, COUNT])(
    'fault 75: mends a journal whose segment %d is damaged, and keeps every byte',
    async (n) => {
      const { store, journal } = await damagedStore(n, COUNT);
      const before = await contents(store);
      before.delete(CURSOR);
      const lastGood = n === 0 ? COUNT : n - 1;
      const good = await journal.read(lastGood);

      const report = await repair(store);
      expect(report).toMatchObject({ lastGood });
      const after = new Set((await contents(store)).values());
      for (const [key, body] of before) expect(after.has(body), key).toBe(true);
      expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);

      const mended = await openJournal(options(store));
      expect(mended.genesis.chainId).not.toBe(journal.genesis.chainId);
      expect(mended.head.coverage).toEqual(good.header.coverage);
      if (n > 0) {
        const replaces = { chainId: journal.genesis.chainId, n: lastGood, hash: good.hash };
        expect(mended.genesis).toMatchObject({ start: T0, replaces });
      }
      for (let i = 1; i <= lastGood; i++)
        expect((await mended.read(i)).hash).toBe((await journal.read(i)).hash);
      const next = lastGood * 10;
      expect((await mended.append(draft(next, next + 10)))?.segment.header.n).toBe(lastGood + 1);
      expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    },
  );

  it('sends sinks that are further back to what follows the last good segment', async () => {
    const { store } = await damagedStore(4, COUNT);
    const report = await repair(store);
    expect(await cursorOf(store)).toMatchObject({ chain_id: report!.chainId, segment: 4, line: 0 });
  });

  it('leaves sinks that are behind where they are', async () => {
    const { store } = await damagedStore(4, 2);
    const report = await repair(store);
    expect(await cursorOf(store)).toMatchObject({ chain_id: report!.chainId, segment: 2, line: 2 });
  });

  it('mends damage again after a repair', async () => {
    const { store } = await damagedStore(5, COUNT);
    await repair(store);
    const { body } = (await store.get(keyOf(3)))!;
    await overwrite(store, keyOf(3), body.subarray(0, 20));
    const report = await repairJournal({
      store,
      source: SOURCE,
      clock: new FakeClock(),
      random: seededRandom(100),
      fingerprint: 'f'.repeat(64),
      resolveStart: () => T0,
    });
    expect(report).toMatchObject({ lastGood: 2 });
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    expect((await openJournal(options(store))).head.coverage).toEqual([span(0, 20)]);
  });

  it('fault 77: dies at any call: nothing is lost, `run` refuses, and the next repair ends it', async () => {
    const whole = await damagedStore(4, COUNT);
    await repair(whole.store);
    const expected = await contents(whole.store);
    for (let at = 0, died = true; died; at++) {
      let left = Number.POSITIVE_INFINITY;
      const { store } = await damagedStore(4, COUNT, {
        before: () => {
          if (left-- <= 0) throw new Error('died');
        },
      });
      const before = await contents(store);
      before.delete(CURSOR);
      left = at;
      died = await repair(store).then(
        () => false,
        () => true,
      );
      left = Number.POSITIVE_INFINITY;
      const bodies = new Set((await contents(store)).values());
      for (const [key, body] of before) expect(bodies.has(body), `${key}, call ${at}`).toBe(true);
      if ((await store.get(repairKey(SOURCE))) !== undefined) {
        await expect(openJournal(options(store))).rejects.toMatchObject({
          code: 'journal.repairing',
          exitCode: 6,
        });
      }
      await repair(store);
      expect(await contents(store), `call ${at}`).toEqual(expected);
    }
  });
});
