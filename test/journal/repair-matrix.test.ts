import { describe, expect, it } from 'vitest';
import { gzipCodec } from '../../src/journal/codec.ts';
import { asidePrefix, repairKey, segmentKey, trimKey } from '../../src/journal/keys.ts';
import { type RepairReport, repairJournal } from '../../src/journal/repair.ts';
import { applyRetention } from '../../src/journal/retention.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { cursorKey } from '../../src/shipper/cursor.ts';
import { MemoryStore, type MemoryStoreHooks } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { contents, covered, draftOf, flip, grow, mixed, open, overwrite, SOURCE, START } from './chain.ts';

const OLD_CHAIN = '0000000000000001';
const NEW_CHAIN = '00000000000000bb';
const ENDS = 6;
const LATER_MS = Date.UTC(2027, 0, 1);

const key = (n: number): string => segmentKey(SOURCE, n);

function repair(store: Store): Promise<RepairReport | undefined> {
  return repairJournal({
    store,
    source: SOURCE,
    clock: new FakeClock({ nowMs: LATER_MS }),
    random: { float: () => 0.5, hex: () => NEW_CHAIN },
    fingerprint: 'f'.repeat(64),
    resolveStart: () => START,
  });
}

/** A journal of six segments, the third undated; without 1, 2 and 4 when `trimmed`. */
async function chain(trimmed: boolean, hooks?: MemoryStoreHooks): Promise<MemoryStore> {
  const store = new MemoryStore(hooks);
  const journal = await open(store);
  await grow(journal, ENDS, mixed);
  const options = { store, journal, nowMs: LATER_MS, retentionMs: 0, neededFrom: 99, log: silentLog };
  if (trimmed) await applyRetention(options);
  return store;
}

async function changeEntry(store: Store, n: number): Promise<void> {
  const bytes = await gzipCodec.decompress((await store.get(key(n)))!.body, 1 << 20);
  const changed = bytes.toString('latin1').replace('MODEL_CREATE', 'MODEL_DELETE');
  await overwrite(store, key(n), await gzipCodec.compress(Buffer.from(changed, 'latin1')));
}

const flipAll = (numbers: readonly number[]) => async (store: Store) => {
  for (const n of numbers) await flip(store, key(n));
};

interface Case {
  readonly title: string;
  readonly trimmed?: boolean;
  readonly damage: (store: Store) => Promise<void>;
  /** The last segment that stays: as many minutes are covered after the repair. */
  readonly lastGood: number;
}

const CASES: readonly Case[] = [
  { title: 'a middle segment is damaged', damage: flipAll([4]), lastGood: 3 },
  { title: 'a middle segment is missing', damage: (store) => store.delete(key(3)), lastGood: 2 },
  { title: 'an entry was changed', damage: (store) => changeEntry(store, 2), lastGood: 1 },
  { title: 'genesis is missing', damage: (store) => store.delete(key(0)), lastGood: 6 },
  { title: 'genesis and a middle segment are damaged', damage: flipAll([0, 5]), lastGood: 4 },
  { title: 'all segments are damaged', damage: flipAll([0, 1, 2, 3, 4, 5, 6]), lastGood: 0 },
  { title: 'genesis is damaged after retention', trimmed: true, damage: flipAll([0]), lastGood: 6 },
  { title: 'the head is damaged after retention', trimmed: true, damage: flipAll([6]), lastGood: 5 },
  {
    title: 'the trim record is damaged',
    trimmed: true,
    damage: (store) => overwrite(store, trimKey(SOURCE), Buffer.from('{')),
    lastGood: 6,
  },
  {
    title: 'the trim record is missing',
    trimmed: true,
    damage: (store) => store.delete(trimKey(SOURCE)),
    lastGood: 0,
  },
  {
    title: 'the trim record of a former repair is damaged',
    damage: async (store) => {
      await flip(store, key(6));
      await repair(store);
      await overwrite(store, trimKey(SOURCE), Buffer.from('{'));
    },
    lastGood: 5,
  },
  {
    title: 'an undated segment that retention kept is damaged',
    trimmed: true,
    damage: flipAll([3]),
    lastGood: 6,
  },
  {
    title: 'an undated segment that retention kept is missing',
    trimmed: true,
    damage: (store) => store.delete(key(3)),
    lastGood: 6,
  },
  {
    title: 'all that retention left of the chain is damaged',
    trimmed: true,
    damage: flipAll([5, 6]),
    lastGood: 4,
  },
  {
    title: 'all that retention left is damaged, undated segments too',
    trimmed: true,
    damage: flipAll([3, 5, 6]),
    lastGood: 4,
  },
];

/** Every object of `before` is where it was or set aside, byte for byte. */
function expectAllKept(before: Map<string, string>, after: Map<string, string>, replaced: string): void {
  for (const [at, body] of before) {
    const aside = `${asidePrefix(SOURCE, replaced)}${at.slice(at.lastIndexOf('/') + 1)}`;
    expect(after.get(at) === body || after.get(aside) === body, at).toBe(true);
  }
}

async function putCursor(store: Store, sink: string, cursor: object): Promise<string> {
  const at = cursorKey(SOURCE, sink);
  await store.putIfAbsent(at, Buffer.from(`${JSON.stringify({ v: 1, floor: 0, owner: 'me', ...cursor })}\n`));
  return at;
}

const read = async (store: Store, at: string): Promise<unknown> =>
  JSON.parse((await store.get(at))!.body.toString('utf8'));

describe('repair of any damage', () => {
  it.each(CASES)('fault 75: $title: all bytes are kept, and the journal goes on', async (each) => {
    const store = await chain(each.trimmed ?? false);
    await each.damage(store);
    const before = await contents(store);
    const report = (await repair(store))!;
    expect(report).toMatchObject({ chainId: NEW_CHAIN, lastGood: each.lastGood });
    const after = await contents(store);
    expectAllKept(before, after, report.replaced);
    expect(report.aside.filter((at) => !after.has(at))).toEqual([]);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    expect(await repair(store)).toBeUndefined();

    const journal = await open(store);
    expect(journal.genesis).toMatchObject({ start: START, fingerprint: 'f'.repeat(64) });
    expect(journal.head.coverage).toEqual(covered(each.lastGood));
    const on = (n: number) => ({ entries: draftOf(n + 90).entries, coverage: covered(n + 90) });
    await grow(journal, journal.head.n + 2, on);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    expect((await open(store)).headHash).toBe(journal.headHash);
  });

  it('guards the last good segment, which nothing follows yet, by the hash in genesis', async () => {
    const store = await chain(false);
    await flip(store, key(5));
    await repair(store);
    const bytes = await gzipCodec.decompress((await store.get(key(4)))!.body, 1 << 20);
    const changed = bytes.toString('latin1').replace('"req-4"', '"req-9"');
    await overwrite(store, key(4), await gzipCodec.compress(Buffer.from(changed, 'latin1')));
    const { faults } = await verifyJournal(store, SOURCE);
    const reason = 'it is not the segment that genesis names as the last good one';
    expect(faults).toEqual([{ key: key(4), reason, n: 4 }]);
  });

  it('mends more faults than a report lists, at once', async () => {
    const store = new MemoryStore();
    const journal = await open(store);
    await grow(journal, 130, (n) => (n === 1 ? { ...mixed(3), coverage: covered(1) } : {}));
    const options = { store, journal, nowMs: LATER_MS, retentionMs: 0, log: silentLog };
    await applyRetention({ ...options, neededFrom: 10 });
    await flip(store, key(1));
    for (let n = 15; n < 130; n++) await flip(store, key(n));
    await repair(store);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
    expect((await open(store)).head.n).toBe(14);
  });

  it('takes the damaged tail and nothing else out of the way', async () => {
    const store = await chain(false);
    await flip(store, key(4));
    const { aside } = (await repair(store))!;
    expect(await store.list(`${SOURCE}/segments/`)).toEqual([0, 1, 2, 3].map(key));
    const names = [0, 4, 5, 6].map((n) => key(n).replace('segments', `chains/${OLD_CHAIN}`));
    expect([...aside].sort()).toEqual(names);
    expect(await store.list(`${SOURCE}/chains/`)).toEqual(names);
  });

  it('leaves cursors alone that it cannot read, or that are of another chain', async () => {
    const store = await chain(false);
    const moved = await putCursor(store, 'moved', {
      chain_id: OLD_CHAIN,
      segment: 6,
      line: 1,
      state: { a: 1 },
    });
    await putCursor(store, 'other', { chain_id: 'another', segment: 6, line: 1 });
    await putCursor(store, 'newer', { v: 2, chain_id: OLD_CHAIN, segment: 6 });
    await store.putIfAbsent(cursorKey(SOURCE, 'broken'), Buffer.from('{'));
    const before = await contents(store);
    await flip(store, key(4));
    expect(await repair(store)).toMatchObject({ cursors: 1 });
    expect(await read(store, moved)).toEqual({
      ...{ v: 1, chain_id: NEW_CHAIN, segment: 4, line: 0 },
      ...{ floor: 0, owner: 'me', state: { a: 1 } },
    });
    const after = await contents(store);
    for (const sink of ['other', 'newer', 'broken']) {
      const at = cursorKey(SOURCE, sink);
      expect(after.get(at)).toBe(before.get(at));
    }
  });

  it('refuses a journal of a newer format, and changes nothing', async () => {
    const store = await chain(false);
    await overwrite(store, key(4), await gzipCodec.compress(Buffer.from('{"v":2}\n')));
    const before = await contents(store);
    await expect(repair(store)).rejects.toMatchObject({ code: 'journal.newer_format', exitCode: 6 });
    expect(await contents(store)).toEqual(before);
  });

  it.each([
    ['{', 'journal.damaged'],
    ['{"v":1}', 'journal.damaged'],
    ['{"v":2}', 'journal.newer_format'],
  ])('refuses the plan %s of an interrupted repair, and changes nothing', async (plan, code) => {
    const store = await chain(false);
    await store.putIfAbsent(repairKey(SOURCE), Buffer.from(plan));
    const before = await contents(store);
    await expect(repair(store)).rejects.toMatchObject({ code, exitCode: 6 });
    expect(await contents(store)).toEqual(before);
  });

  it('gives way to another repair that begins at the same time', async () => {
    let racing = false;
    const store: MemoryStore = await chain(false, {
      before: async (operation, at) => {
        if (!racing || operation !== 'replace' || at !== repairKey(SOURCE)) return;
        racing = false;
        await store.putIfAbsent(at, Buffer.from('theirs'));
      },
    });
    await flip(store, key(4));
    const before = await contents(store);
    racing = true;
    await expect(repair(store)).rejects.toMatchObject({ code: 'store.conflict' });
    expect(await contents(store)).toEqual(new Map([...before, [repairKey(SOURCE), 'theirs']]));
  });
});

describe('repair that is interrupted', () => {
  const titles = /middle segment is damaged|genesis and|all that|record is damaged/;
  const interrupted = CASES.filter(({ title }) => titles.test(title)).flatMap((each) =>
    (['before', 'after'] as const).map((when) => ({ ...each, when })),
  );

  it.each(interrupted)(
    'fault 77: $title: dies $when any operation, and the next call ends it with the same result',
    async ({ trimmed = false, damage, when }) => {
      const prepare = async (hooks?: MemoryStoreHooks) => {
        const store = await chain(trimmed, hooks);
        await putCursor(store, 'one', { chain_id: OLD_CHAIN, segment: 6, line: 1 });
        await damage(store);
        return store;
      };
      const whole = await prepare();
      const before = await contents(whole);
      await repair(whole);
      const expected = await contents(whole);
      const underWay = new Set<boolean>();
      for (let at = 0, died = true; died; at++) {
        let left = Number.POSITIVE_INFINITY;
        const die = () => {
          if (left-- <= 0) throw new Error('died');
        };
        const store = await prepare({ [when]: die });
        left = at;
        died = await repair(store).then(
          () => false,
          () => true,
        );
        left = Number.POSITIVE_INFINITY;
        const meanwhile = await contents(store);
        const marked = meanwhile.has(repairKey(SOURCE));
        underWay.add(marked);
        if (marked) {
          await expect(open(store)).rejects.toMatchObject({ code: 'journal.repairing', exitCode: 6 });
          expect((await verifyJournal(store, SOURCE)).faults[0]?.key).toBe(repairKey(SOURCE));
        } else {
          expect([before, expected], `operation ${at}`).toContainEqual(meanwhile);
        }
        await repair(store);
        expect(await contents(store), `operation ${at}`).toEqual(expected);
      }
      expect(underWay).toEqual(new Set([false, true]));
    },
  );
});
