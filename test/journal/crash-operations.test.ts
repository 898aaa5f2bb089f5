import { describe, expect, it } from 'vitest';
import { segmentKey, segmentPrefix } from '../../src/journal/keys.ts';
import { applyRetention } from '../../src/journal/retention.ts';
import type { StoredJournal } from '../../src/journal/stored-journal.ts';
import type { Segment } from '../../src/journal/types.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { MemoryStore, type StoreOperation } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { draftOf, grow, mixed, open, recordingLog, SOURCE } from './chain.ts';

const ENDS = 5;
const LATER_MS = Date.UTC(2027, 0, 1);

/** A store whose user dies before or after (so that the answer is lost) operation number `at`, and stays dead. */
function dyingStore(when: 'before' | 'after', at: number) {
  let calls = 0;
  let dead = false;
  let over = false;
  const step = (own: boolean) => {
    if (over) return;
    if (own && calls++ === at) dead = true;
    if (dead) throw new Error('died');
  };
  const store = new MemoryStore({
    before: () => step(when === 'before'),
    after: () => step(when === 'after'),
  });
  return {
    store,
    /** Another process has the store now. */
    restart: () => {
      over = true;
    },
  };
}

async function untilDeath(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof Error && error.message === 'died') return true;
    throw error;
  }
}

describe('journal whose process dies at an operation of its store', () => {
  it.each(['before', 'after'] as const)(
    'fault 77: dies %s any operation of opening and appending: the chain holds, with all that was acknowledged',
    async (when) => {
      let deaths = 0;
      for (let at = 0, died = true; died; at++) {
        const { store, restart } = dyingStore(when, at);
        const acknowledged: Segment[] = [];
        died = await untilDeath(async () => {
          const journal = await open(store);
          for (let n = 1; n <= ENDS; n++)
            acknowledged.push((await journal.append(draftOf(n, mixed(n))))!.segment);
        });
        if (died) deaths += 1;
        restart();
        expect((await verifyJournal(store, SOURCE)).faults, `operation ${at}`).toEqual([]);
        const journal = await open(store);
        expect(journal.head.n - acknowledged.length, `operation ${at}`).toBeOneOf([0, 1]);
        for (const { header, bytes } of acknowledged) {
          expect((await journal.read(header.n)).bytes.equals(bytes), `operation ${at}`).toBe(true);
        }
        await grow(journal, ENDS + 1, mixed);
        expect((await verifyJournal(store, SOURCE)).faults, `operation ${at}`).toEqual([]);
      }
      expect(deaths).toBeGreaterThan(ENDS);
    },
  );

  it.each(['before', 'after'] as const)(
    'fault 77: dies %s any operation of retention: nothing needed is gone, and the next call ends it',
    async (when) => {
      const shrink = (store: MemoryStore, journal: StoredJournal) =>
        applyRetention({ store, journal, nowMs: LATER_MS, retentionMs: 0, neededFrom: 99, log: silentLog });
      const whole = new MemoryStore();
      const steady = await open(whole);
      await grow(steady, ENDS, mixed);
      await shrink(whole, steady);
      const left = await whole.list(segmentPrefix(SOURCE));
      expect(left).toEqual([0, 3, 4, 5].map((n) => segmentKey(SOURCE, n)));
      let deaths = 0;
      for (let at = 0, died = true; died; at++) {
        const { store, restart } = dyingStore(when, at + 15);
        died = await untilDeath(async () => {
          const journal = await open(store);
          await grow(journal, ENDS, mixed);
          await shrink(store, journal);
        });
        restart();
        if (died) deaths += 1;
        const journal = await open(store);
        expect((await verifyJournal(store, SOURCE)).faults, `operation ${at}`).toEqual([]);
        await grow(journal, ENDS, mixed);
        await shrink(store, journal);
        expect(await store.list(segmentPrefix(SOURCE)), `operation ${at}`).toEqual(left);
        await expect(journal.read(2)).rejects.toMatchObject({ code: 'journal.trimmed' });
        expect((await journal.read(3)).header.kind).toBe('undated');
        expect((await verifyJournal(store, SOURCE)).faults, `operation ${at}`).toEqual([]);
      }
      expect(deaths).toBeGreaterThan(3);
    },
  );
});

describe('journal whose store fails', () => {
  const failing = (code: string, retryable: boolean, only: StoreOperation) => {
    let broken = false;
    const store = new MemoryStore({
      before: (operation) => {
        if (broken && operation === only) throw new ConnectorError('injected', { code, retryable });
      },
    });
    return {
      store,
      breakDown: () => {
        broken = true;
      },
      mend: () => {
        broken = false;
      },
    };
  };

  it('fault 73: the disk is full: nothing changes, and the same draft is committed when there is room', async () => {
    const { store, breakDown, mend } = failing('store.full', true, 'putIfAbsent');
    const journal = await open(store);
    await grow(journal, 2);
    const { head, headHash } = journal;
    breakDown();
    const draft = draftOf(3);
    for (let i = 0; i < 3; i++)
      await expect(journal.append(draft)).rejects.toMatchObject({ code: 'store.full' });
    expect([journal.head, journal.headHash]).toEqual([head, headHash]);
    expect((await journal.read(1)).header.n).toBe(1);
    mend();
    expect((await journal.append(draft))?.segment.header.n).toBe(3);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('recognises a segment whose answer was lost as its own, however late it asks again', async () => {
    let losing = false;
    const store = new MemoryStore({
      after: (operation) => {
        if (!losing || operation !== 'putIfAbsent') return;
        throw new ConnectorError('no answer', { code: 'store.io', retryable: true });
      },
    });
    const clock = new FakeClock();
    const journal = await open(store, { clock });
    losing = true;
    const draft = draftOf(1);
    await expect(journal.append(draft)).rejects.toMatchObject({ code: 'store.io' });
    expect(journal.head.n).toBe(0);
    losing = false;
    await clock.advance(3_600_000);
    const written = await journal.append(draft);
    expect(written?.segment.header).toMatchObject({ n: 1, written: '2026-01-01T00:00:00.000Z' });
    expect(journal.head.n).toBe(1);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('fault 73: the disk is full when retention puts its work on record: nothing is removed', async () => {
    const { store, breakDown, mend } = failing('store.full', true, 'replace');
    const journal = await open(store);
    await grow(journal, ENDS);
    const before = await store.list('');
    breakDown();
    const options = { store, journal, nowMs: LATER_MS, retentionMs: 0, neededFrom: 99, log: silentLog };
    await expect(applyRetention(options)).rejects.toMatchObject({ code: 'store.full' });
    expect(await store.list('')).toEqual(before);
    expect(journal.trimmed).toBeUndefined();
    mend();
    expect(await applyRetention(options)).toBe(3);
    expect((await verifyJournal(store, SOURCE)).faults).toEqual([]);
  });

  it('fault 74: a store that is read-only stops the opening before the API is asked, and leaves nothing', async () => {
    const { store, breakDown } = failing('store.read_only', false, 'putIfAbsent');
    breakDown();
    await expect(open(store)).rejects.toMatchObject({ code: 'store.read_only', retryable: false });
    expect(await store.list('')).toEqual([]);
  });
});

describe('what the journal says in the log', () => {
  it('is the hash of its newest segment at an opening and at each heartbeat: what was cut off later shows', async () => {
    const store = new MemoryStore();
    const log = recordingLog();
    const journal = await open(store, { log });
    const [, second] = await grow(journal, 3, (n) => (n === 2 ? { kind: 'heartbeat', entries: [] } : {}));
    const { headHash } = await open(store, { log });
    const lines = log.lines.map(({ level, fields }) => [level, fields.source, fields.segment, fields.hash]);
    const genesis = await journal.read(0);
    expect(lines).toEqual([
      ['info', SOURCE, 0, genesis.hash],
      ['info', SOURCE, 2, second?.hash],
      ['info', SOURCE, 3, headHash],
    ]);
    await store.delete(segmentKey(SOURCE, 3));
    expect((await verifyJournal(store, SOURCE)).head?.hash).not.toBe(headHash);
  });
});
