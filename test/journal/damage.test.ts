import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gzipCodec } from '../../src/journal/codec.ts';
import { segmentKey, trimKey } from '../../src/journal/keys.ts';
import { applyRetention } from '../../src/journal/retention.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { openDirectoryStore } from '../../src/store/directory.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { contents, flip, grow, mixed, open, overwrite, SOURCE } from './chain.ts';

const ENDS = 6;
const ALL = [0, 1, 2, 3, 4, 5, 6];
/** What an opening reads: genesis, and from `resume` of the head on. */
const READ_AT_OPEN = new Set([0, 5, 6]);

const key = (n: number): string => segmentKey(SOURCE, n);

async function directory(): Promise<Store> {
  const path = await mkdtemp(join(tmpdir(), 'journal-damage-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return openDirectoryStore(path);
}

async function bodyOf(store: Store, n: number): Promise<Buffer> {
  return (await store.get(key(n)))!.body;
}

async function textOf(store: Store, n: number): Promise<string> {
  return (await gzipCodec.decompress(await bodyOf(store, n), 1 << 20)).toString('latin1');
}

/** Puts other lines in the place of segment `n`, compressed as they should be. */
async function rewrite(store: Store, n: number, change: (text: string) => string): Promise<void> {
  const text = await textOf(store, n);
  expect(change(text)).not.toBe(text);
  await overwrite(store, key(n), await gzipCodec.compress(Buffer.from(change(text), 'latin1')));
}

type Damage = (store: Store, n: number) => Promise<void>;

/** Damage that any reader of the object notices. */
const BROKEN: readonly [string, Damage][] = [
  ['a flipped bit', (store, n) => flip(store, key(n))],
  [
    'its second half missing',
    async (store, n) =>
      overwrite(store, key(n), (await bodyOf(store, n)).subarray(0, (await bodyOf(store, n)).length >> 1)),
  ],
  [
    'its last byte missing',
    async (store, n) => overwrite(store, key(n), (await bodyOf(store, n)).subarray(0, -1)),
  ],
  ['no bytes', (store, n) => overwrite(store, key(n), Buffer.alloc(0))],
  ['zeros', async (store, n) => overwrite(store, key(n), Buffer.alloc((await bodyOf(store, n)).length))],
  [
    'its bytes uncompressed',
    async (store, n) => overwrite(store, key(n), Buffer.from(await textOf(store, n), 'latin1')),
  ],
  [
    'another segment in its place',
    async (store, n) => overwrite(store, key(n), await bodyOf(store, (n + 1) % 7)),
  ],
  [
    'its last line missing',
    (store, n) => rewrite(store, n, (text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)),
  ],
  ['its last line end missing', (store, n) => rewrite(store, n, (text) => text.slice(0, -1))],
  [
    'a line of another one',
    (store, n) => rewrite(store, n, (text) => `${text}{"id":"${'0'.repeat(64)}","entry":{}}\n`),
  ],
  [
    'a number that is not its own',
    (store, n) => rewrite(store, n, (text) => text.replace(`"n":${n},`, '"n":99,')),
  ],
];

describe('damage to a segment', () => {
  const matrix = BROKEN.flatMap(([title, damage]) => ALL.map((n) => ({ title, damage, n })));

  it.each(matrix)(
    'fault 75: segment $n with $title is named by verify, refused by whoever reads it, and left as it is',
    async ({ damage, n }) => {
      const store = new MemoryStore();
      await grow(await open(store), ENDS, mixed);
      await damage(store, n);
      const before = await contents(store);
      const { faults, faultCount } = await verifyJournal(store, SOURCE);
      expect(faults.map((fault) => fault.key)).toContain(key(n));
      expect(faultCount).toBe(faults.length);
      if (READ_AT_OPEN.has(n)) {
        const refusal = { code: 'journal.damaged', exitCode: 6, key: key(n) };
        await expect(open(store)).rejects.toMatchObject(refusal);
        await expect(open(store)).rejects.toThrow(`The journal is damaged: ${key(n)}: `);
      } else {
        const journal = await open(store);
        await expect(journal.read(n)).rejects.toMatchObject({
          code: 'journal.damaged',
          exitCode: 6,
          key: key(n),
        });
      }
      expect(await contents(store)).toEqual(before);
    },
  );

  it.each([1, 2, 3, 4, 5])(
    'fault 75: segment %d is missing: verify names it and nobody opens the journal',
    async (n) => {
      const store = await directory();
      await grow(await open(store), ENDS, mixed);
      await store.delete(key(n));
      const before = await contents(store);
      const { faults, lastGood } = await verifyJournal(store, SOURCE);
      expect(faults).toContainEqual({ key: key(n), reason: 'it is missing', n });
      expect(lastGood).toBe(n - 1);
      await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', exitCode: 6, key: key(n) });
      expect(await contents(store)).toEqual(before);
    },
  );

  it.each([1, 2, 4, 6])(
    'fault 75: an entry of segment %d was changed and all else made to fit: verify names it',
    async (n) => {
      const store = await directory();
      await grow(await open(store), ENDS, mixed);
      await rewrite(store, n, (text) => text.replace('MODEL_CREATE', 'MODEL_DELETE'));
      const before = await contents(store);
      const { faults } = await verifyJournal(store, SOURCE);
      expect(faults.map((fault) => fault.key)).toEqual([key(n)]);
      expect(faults[0]?.reason).toMatch(/^entry \d \(line \d\) does not have the event id of its bytes$/);
      expect(await contents(store)).toEqual(before);
    },
  );

  it.each([
    ['{"req_id"', '["req_id"'],
    ['"operation"', 'operation"'],
    ['MODEL_CREATE"}', 'MODEL_CREATE"'],
    ['{"req_id"', '{"\u0001eq_id"'],
  ])('fault 75: an entry is no longer JSON (%s became %s): verify names it and goes on', async (from, to) => {
    const store = new MemoryStore();
    await grow(await open(store), ENDS);
    await rewrite(store, 2, (text) => text.replace(from, to));
    await flip(store, key(5));
    const { faults } = await verifyJournal(store, SOURCE);
    expect(faults).toEqual([
      { key: key(2), reason: 'entry 1 (line 2) is not JSON', n: 2 },
      { key: key(5), reason: 'it cannot be decompressed', n: 5 },
    ]);
  });

  it.each([
    [1, 4],
    [2, 3],
    [5, 6],
  ])('fault 75: segments %d and %d have changed places: verify names both', async (a, b) => {
    const store = new MemoryStore();
    await grow(await open(store), ENDS, mixed);
    const [first, second] = [await bodyOf(store, a), await bodyOf(store, b)];
    await overwrite(store, key(a), second);
    await overwrite(store, key(b), first);
    const reasons = new Map(
      (await verifyJournal(store, SOURCE)).faults.map((each) => [each.key, each.reason]),
    );
    expect(reasons.get(key(a))).toBe(`it is segment ${b}`);
    expect(reasons.get(key(b))).toBe(`it is segment ${a}`);
  });

  it.each([
    ['its wall clock', 'written":"2026', 'written":"2025'],
    ['its evidence', '"req-4"', '"req-9"'],
    ['its largest page', '"largest_page":2', '"largest_page":3'],
  ])(
    'fault 75: the header of a segment had %s changed: its neighbours tell which one it is',
    async (_, from, to) => {
      const store = new MemoryStore();
      await grow(await open(store), ENDS);
      await rewrite(store, 4, (text) => text.replace(from, to));
      const { faults, lastGood } = await verifyJournal(store, SOURCE);
      expect(faults).toEqual([
        { key: key(4), reason: 'it was changed: segment 5 names another hash for it', n: 4 },
      ]);
      expect(lastGood).toBe(3);
    },
  );

  it('fault 75: whatever bit of an object flips, verify names it or reads the very bytes that were written', async () => {
    const store = new MemoryStore();
    await grow(await open(store), 2);
    const body = await bodyOf(store, 1);
    const text = await textOf(store, 1);
    const unseen = new Set<number>();
    for (let bit = 0; bit < body.length * 8; bit++) {
      const flipped = Buffer.from(body);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await overwrite(store, key(1), flipped);
      if ((await verifyJournal(store, SOURCE)).faultCount > 0) continue;
      unseen.add(bit >> 3);
      expect(await textOf(store, 1)).toBe(text);
    }
    // Seven bytes of the gzip header say nothing; elsewhere some bits can tell the same in another way.
    expect(unseen.size).toBeLessThan(12);
  });
});

describe('damage to what stands around the segments', () => {
  async function trimmed(): Promise<Store> {
    const store = new MemoryStore();
    const journal = await open(store);
    await grow(journal, ENDS, mixed);
    const options = { store, journal, nowMs: Date.UTC(2027, 0, 1), retentionMs: 0, neededFrom: 99 };
    expect(await applyRetention({ ...options, log: silentLog })).toBe(4);
    return store;
  }

  it.each([
    ['is empty', () => ''],
    ['is cut off', (text: string) => text.slice(0, 40)],
    ['has a begin that is no number', (text: string) => text.replace('"begins":5', '"begins":"5"')],
    ['has a hash too short', (text: string) => text.replace(/"prev":"./, '"prev":"')],
    ['is of another chain', (text: string) => text.replace('0000000000000001', '0000000000000002')],
  ])('fault 75: a trim record that %s is named, and the journal is not opened', async (_, change) => {
    const store = await trimmed();
    const body = (await store.get(trimKey(SOURCE)))!.body.toString('utf8');
    expect(change(body)).not.toBe(body);
    await overwrite(store, trimKey(SOURCE), Buffer.from(change(body)));
    const before = await contents(store);
    const { faults, lastGood } = await verifyJournal(store, SOURCE);
    expect(faults.map((fault) => fault.key)).toEqual([trimKey(SOURCE)]);
    expect(lastGood).toBe(ENDS);
    await expect(open(store)).rejects.toMatchObject({
      code: 'journal.damaged',
      exitCode: 6,
      key: trimKey(SOURCE),
    });
    expect(await contents(store)).toEqual(before);
  });

  it('fault 75: a trim record that names another hash is the one to blame', async () => {
    const store = await trimmed();
    const body = (await store.get(trimKey(SOURCE)))!.body.toString('utf8');
    const changed = body.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${'0'.repeat(64)}"`);
    await overwrite(store, trimKey(SOURCE), Buffer.from(changed));
    const { faults } = await verifyJournal(store, SOURCE);
    expect(faults.map((fault) => fault.key)).toEqual([trimKey(SOURCE)]);
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', exitCode: 6 });
  });

  it.each([
    ['a segment', key(6)],
    ['genesis', key(0)],
    ['the trim record', trimKey(SOURCE)],
  ])('fault 75: a newer format of %s is refused, not called damage, and left as it is', async (_, at) => {
    const store = await trimmed();
    const body = Buffer.from('{"v":2}\n');
    await overwrite(store, at, at.endsWith('.gz') ? await gzipCodec.compress(body) : body);
    const before = await contents(store);
    const refusal = { code: 'journal.newer_format', exitCode: 6, message: expect.stringContaining(at) };
    await expect(open(store)).rejects.toMatchObject(refusal);
    await expect(verifyJournal(store, SOURCE)).rejects.toMatchObject(refusal);
    expect(await contents(store)).toEqual(before);
  });

  it('fault 75: an undated segment that retention kept is missing: it is named, and the journal is not opened', async () => {
    const store = await trimmed();
    await store.delete(key(3));
    const { faults, lastGood } = await verifyJournal(store, SOURCE);
    expect(faults).toEqual([{ key: key(3), reason: 'it is missing', n: 3 }]);
    expect(lastGood).toBe(ENDS);
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', exitCode: 6, key: key(3) });
  });

  it('fault 75: a journal that lost everything but its segments above genesis is not begun anew', async () => {
    const store = await trimmed();
    for (const at of [key(0), trimKey(SOURCE)]) await store.delete(at);
    const before = await contents(store);
    await expect(open(store)).rejects.toMatchObject({ code: 'journal.damaged', key: key(0) });
    expect(await contents(store)).toEqual(before);
  });
});
