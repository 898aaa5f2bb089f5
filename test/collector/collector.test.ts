import { describe, expect, it } from 'vitest';
import { Collector } from '../../src/collector/collector.ts';
import { Secret } from '../../src/config/secret.ts';
import type { SourceConfig } from '../../src/config/types.ts';
import { readEntry } from '../../src/event/answer.ts';
import { fromMs, type Nanos, SECOND } from '../../src/event/span.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { entryBytesAt, idAt } from '../../src/journal/lines.ts';
import type { Journal } from '../../src/journal/types.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { prng } from '../support/prng.ts';
import { type Hostility, logEntry, SimulatedApi } from '../support/simulated-api.ts';
import { SteppingClock, seededRandom } from '../support/stepping-clock.ts';

const START_MS = Date.UTC(2026, 4, 1);
const HOUR_MS = 3_600_000;
const NEVER = new AbortController().signal;

const source: SourceConfig = {
  id: 'acme',
  userId: 'acme-corp',
  pat: new Secret('pat'),
  baseUrl: 'https://api.example',
  start: { kind: 'at', ms: START_MS },
  schedule: '* * * * *',
  settleMs: 30_000,
  overlapMs: 900_000,
  requestsPerSecond: 15,
  pageSize: 50,
  filter: { operations: [], userIds: [], targets: [], success: null, sourceIps: [] },
  reconcile: false,
  caFile: undefined,
};

interface World {
  readonly clock: SteppingClock;
  readonly api: SimulatedApi;
  readonly store: MemoryStore;
  readonly metrics: MemoryMetrics;
  journal: Journal;
  collector: Collector;
}

async function openCollector(world: Omit<World, 'journal' | 'collector'>): Promise<World> {
  const { clock, api, store, metrics } = world;
  const journal = await openJournal({
    store,
    source: source.id,
    clock,
    random: seededRandom(7),
    fingerprint: 'f'.repeat(64),
    resolveStart: () => fromMs(START_MS),
    log: silentLog,
  });
  const collector = new Collector({
    source,
    api,
    journal,
    start: fromMs(START_MS),
    clock,
    log: silentLog,
    metrics,
    retry: (write) => write(),
  });
  return { ...world, journal, collector };
}

function newWorld(hostility: Hostility, seed: number, hours = 6): Promise<World> {
  const clock = new SteppingClock(START_MS + hours * HOUR_MS);
  const api = new SimulatedApi(() => clock.nowMs(), hostility, seed);
  return openCollector({ clock, api, store: new MemoryStore(), metrics: new MemoryMetrics() });
}

/** Fills the log with `count` entries between start and now: some share an instant, some are twins, some are late. */
function fill(
  world: World,
  count: number,
  seed: number,
  options: { dense?: number; late?: number } = {},
): void {
  const random = prng(seed);
  const spanMs = world.clock.nowMs() - START_MS;
  for (let i = 0; i < count; i++) {
    let at: Nanos =
      fromMs(START_MS + Math.floor(random() * spanMs)) + BigInt(Math.floor(random() * 1000)) * 1000n;
    if (random() < (options.dense ?? 0))
      at = fromMs(START_MS + spanMs / 2) + BigInt(Math.floor(random() * 1_000_000)) * 1000n;
    const delay = random() < (options.late ?? 0) ? random() * 600_000 : 0;
    const visibleMs = Number(at / 1_000_000n) + delay;
    const copies = random() < 0.02 ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) world.api.log.push(logEntry(at, `r${i}`, visibleMs));
    if (random() < 0.05) world.api.log.push(logEntry(at, `r${i}`, visibleMs, 301));
  }
}

async function journalIds(journal: Journal): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n <= journal.head.n; n++) {
    const segment = await journal.read(n);
    for (let i = 0; i < segment.header.count; i++) ids.push(idAt(segment, i));
  }
  return ids;
}

/** Retention and reconcile go by what a segment's answers prove: its entries must lie there, dense seconds too. */
async function expectProvenEntries(journal: Journal): Promise<void> {
  for (let n = 1; n <= journal.head.n; n++) {
    const { header, ...segment } = await journal.read(n);
    const proven = header.answers.flatMap((answer) => answer.proven ?? []);
    for (let i = 0; i < header.count; i++) {
      const { at } = readEntry(Buffer.from(entryBytesAt({ header, ...segment }, i).bytes));
      expect(at === undefined || proven.some(({ from, to }) => at >= from && at < to)).toBe(true);
    }
  }
}

async function journalBytes(journal: Journal): Promise<string[]> {
  const lines: string[] = [];
  for (let n = 0; n <= journal.head.n; n++) {
    const segment = await journal.read(n);
    for (let i = 0; i < segment.header.count; i++) lines.push(entryBytesAt(segment, i).bytes.toString());
  }
  return lines.sort();
}

const shown = (world: World): string[] => {
  const limit = fromMs(world.clock.nowMs() - 31_000);
  return world.api
    .shownNow()
    .filter(({ at }) => at === undefined || at < limit)
    .map(({ bytes }) => bytes.toString())
    .sort();
};

async function catchUp(world: World): Promise<void> {
  await world.collector.poll(NEVER);
  for (let round = 0; round < 5 && world.collector.backlog.length > 0; round++) {
    await world.collector.backfill(NEVER);
    world.clock.advance(2 * HOUR_MS);
    await world.collector.poll(NEVER);
  }
  await world.collector.close();
}

const HOSTILITIES: Record<string, Hostility> = {
  'a friendly server': {},
  'fault 39: bounds of whole seconds': { secondBounds: true },
  'fault 39: exclusive bounds': { fromExclusive: true, toExclusive: true },
  'fault 39: exclusive bounds of whole seconds': {
    fromExclusive: true,
    toExclusive: true,
    secondBounds: true,
  },
  'fault 35: capped pages': { pageCap: 10 },
  'fault 35: pages larger than asked': { pageFixed: 120 },
  'fault 33: ties in another order each time': { shuffleTies: true },
  'fault 34: descending order': { descending: true },
  'fault 21: a server clock behind ours': { skewMs: -90_000 },
  'a server clock ahead of ours': { skewMs: 90_000 },
};

describe('collector', () => {
  for (const [name, hostility] of Object.entries(HOSTILITIES)) {
    it(`commits each entry once: ${name}`, async () => {
      for (let seed = 1; seed <= 4; seed++) {
        const world = await newWorld(hostility, seed);
        fill(world, 700, seed, { dense: 0.02 });
        await catchUp(world);
        if (hostility.skewMs !== undefined) world.clock.advance(300_000);
        await world.collector.poll(NEVER);
        expect(await journalBytes(world.journal)).toEqual(shown(world));
        expect(world.collector.holes).toEqual([]);
        const ids = await journalIds(world.journal);
        expect(new Set(ids).size).toBe(ids.length);
      }
    });
  }

  it('fault 40: reads a second that holds many answers by its pages', async () => {
    for (const hostility of [{}, { shuffleTies: true }, { secondBounds: true }, { descending: true }]) {
      const world = await newWorld(hostility, 3);
      fill(world, 600, 3, { dense: 0.6 });
      await catchUp(world);
      expect(await journalBytes(world.journal)).toEqual(shown(world));
      await expectProvenEntries(world.journal);
    }
  });

  it('fault 38: reads a dense second in parts when deep pages are refused', async () => {
    const world = await newWorld({ deepest: 100 }, 4);
    const at = fromMs(START_MS + HOUR_MS);
    for (let i = 0; i < 400; i++) {
      world.api.log.push(logEntry(at, `d${i}`, 0, [300, 301, 302, 303, 400, 401, 402, 600][i % 8]));
    }
    await catchUp(world);
    expect(await journalBytes(world.journal)).toEqual(shown(world));
    expect(world.collector.holes).toEqual([]);
  });

  it('fault 36, 38: leaves a hole, and everything around it, when a second cannot be read', async () => {
    for (const hostility of [
      { deepest: 100 },
      { ignorePage: true },
      { repeatLastPage: true, deepest: 150 },
    ]) {
      const world = await newWorld(hostility, 5);
      const at = fromMs(START_MS + HOUR_MS);
      for (let i = 0; i < 400; i++) world.api.log.push(logEntry(at, `d${i}`, 0));
      for (let i = 0; i < 20; i++) world.api.log.push(logEntry(at + BigInt(i + 2) * SECOND, `after${i}`, 0));
      await world.collector.poll(NEVER);
      await world.collector.backfill(NEVER);
      expect(world.collector.holes.map(({ reason }) => reason)).toEqual(['unreadable']);
      expect((await journalBytes(world.journal)).filter((line) => line.includes('after'))).toHaveLength(20);
      expect(world.metrics.value('clarifai_siem_holes_total', { source: 'acme', reason: 'unreadable' })).toBe(
        1,
      );
    }
  });

  it('fault 37: survives answers that are cut or empty by mistake, with reconcile as the last resort', async () => {
    let missing = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const world = await newWorld({ cutShare: 0.15, emptyShare: 0.1, lagShare: 0.1 }, seed);
      fill(world, 500, seed);
      await catchUp(world);
      world.api.hostility = {};
      world.clock.advance(120_000);
      await world.collector.poll(NEVER);
      missing += shown(world).length - (await journalBytes(world.journal)).length;
      const report = await world.collector.reconcile(world.collector.coverage, NEVER);
      expect(await journalBytes(world.journal)).toEqual(shown(world));
      expect(report.late).toBeGreaterThanOrEqual(0);
      expect((await world.collector.reconcile(world.collector.coverage, NEVER)).late).toBe(0);
    }
    expect(missing).toBeLessThan(10 * 500 * 0.2);
  });

  it('fault 30: finds what becomes visible late, inside the overlap by itself and behind it by reconcile', async () => {
    const world = await newWorld({}, 1);
    await catchUp(world);
    for (let minute = 0; minute < 60; minute++) {
      const at = fromMs(world.clock.nowMs());
      world.api.log.push(logEntry(at, `soon${minute}`, world.clock.nowMs() + 10 * 60_000));
      if (minute === 5) world.api.log.push(logEntry(at + 1n, 'later', world.clock.nowMs() + 40 * 60_000));
      world.clock.advance(60_000);
      await world.collector.poll(NEVER);
    }
    world.clock.advance(11 * 60_000);
    await world.collector.poll(NEVER);
    const missing = shown(world).filter((line) => !line.includes('soon'));
    expect(missing).toHaveLength(1);
    expect(await journalBytes(world.journal)).toEqual(shown(world).filter((line) => line.includes('soon')));
    const report = await world.collector.reconcile(world.collector.coverage, NEVER);
    expect(report.late).toBe(1);
    expect(await journalBytes(world.journal)).toEqual(shown(world));
  });

  it('fault 45: keeps twins, and finds one that shows up later', async () => {
    const world = await newWorld({}, 1);
    await catchUp(world);
    const at = fromMs(world.clock.nowMs() - 20_000);
    world.api.log.push(logEntry(at, 'twin', 0), logEntry(at, 'twin', 0));
    world.clock.advance(60_000);
    await world.collector.poll(NEVER);
    expect(new Set(await journalIds(world.journal)).size).toBe(2);
    world.api.log.push(logEntry(at, 'twin', 0));
    world.clock.advance(60_000);
    await world.collector.poll(NEVER);
    expect(new Set(await journalIds(world.journal)).size).toBe(3);
    expect(await journalIds(world.journal)).toHaveLength(3);
  });

  it('asks once and writes nothing when nothing is new', async () => {
    const world = await newWorld({}, 1);
    fill(world, 100, 1);
    await catchUp(world);
    world.clock.advance(60_000);
    await world.collector.poll(NEVER);
    const before = world.api.requests.length;
    const head = world.journal.head.n;
    for (let i = 0; i < 5; i++) {
      world.clock.advance(60_000);
      await world.collector.poll(NEVER);
    }
    expect(world.api.requests.length - before).toBe(5);
    expect(world.journal.head.n).toBe(head);
  });

  it('commits a heartbeat when nothing happened for an hour', async () => {
    const world = await newWorld({}, 1);
    fill(world, 10, 1);
    await catchUp(world);
    const head = world.journal.head.n;
    for (let minute = 0; minute < 130; minute++) {
      world.clock.advance(60_000);
      await world.collector.poll(NEVER);
    }
    expect(world.journal.head.kind).toBe('heartbeat');
    expect(world.journal.head.n).toBe(head + 2);
  });

  it('goes on from the journal after a restart, without reading history again', async () => {
    const world = await newWorld({}, 1);
    fill(world, 300, 1);
    await catchUp(world);
    const before = world.api.requests.length;
    const again = await openCollector(world);
    again.clock.advance(60_000);
    await again.collector.poll(NEVER);
    await again.collector.backfill(NEVER);
    expect(again.collector.backlog).toEqual([]);
    expect(world.api.requests.length - before).toBeLessThanOrEqual(4);
    expect(await journalBytes(again.journal)).toEqual(shown(again));
  });

  it('keeps undated entries once, for ever', async () => {
    const world = await newWorld({}, 1);
    fill(world, 30, 1);
    world.api.log.push(logEntry(undefined, 'no-time', 0), logEntry(undefined, 'no-time', 0));
    await catchUp(world);
    const again = await openCollector(world);
    again.clock.advance(60_000);
    await again.collector.poll(NEVER);
    expect((await journalBytes(again.journal)).filter((line) => line.includes('no-time'))).toHaveLength(2);
    expect(await journalBytes(again.journal)).toEqual(shown(again));
  });

  it('keeps an undated entry once when answers of one commit show it again', async () => {
    const world = await newWorld({}, 1, 72);
    fill(world, 2_000, 1);
    world.api.log.push(logEntry(undefined, 'no-time', 0));
    await catchUp(world);
    expect(await journalBytes(world.journal)).toEqual(shown(world));
  });

  it('fault 41: records a possible gap when the API has forgotten what was next, and goes on', async () => {
    const world = await newWorld({}, 1);
    fill(world, 100, 1);
    await catchUp(world);
    world.clock.advance(72 * HOUR_MS);
    world.api.hostility = { retentionMs: 24 * HOUR_MS };
    for (let i = 0; i < 50; i++) {
      const ms = world.clock.nowMs() - (50 - i) * 60_000 - HOUR_MS;
      world.api.log.push(logEntry(fromMs(ms), `new${i}`, 0));
    }
    for (let i = 0; i < 4; i++) {
      world.clock.advance(60_000);
      await world.collector.poll(NEVER);
      await world.collector.backfill(NEVER);
    }
    expect((await journalBytes(world.journal)).filter((line) => line.includes('new'))).toHaveLength(50);
  });

  it('never asks for more than the page size, live before background', async () => {
    const world = await newWorld({}, 1);
    fill(world, 200, 1);
    await catchUp(world);
    expect(world.api.requests.every(({ search }) => search.perPage <= 50)).toBe(true);
    expect(new Set(world.api.requests.map(({ priority }) => priority))).toEqual(
      new Set(['live', 'background']),
    );
  });

  it.each([0, 1])(
    'reads large entries in small answers, and asks for whole pages again behind them (%i of them in one second)',
    async (dense) => {
      const world = await newWorld({}, 1);
      fill(world, 600, 1);
      const middleMs = START_MS + 3 * HOUR_MS;
      for (let i = 0; i < 60; i++) {
        const at = fromMs(middleMs + i * (dense ? 10 : 10_000));
        // Twins, too, wherever pages end.
        const copies = i % 5 === 0 ? 2 : 1;
        for (let copy = 0; copy < copies; copy++)
          world.api.log.push(logEntry(at, `big${i}`, 0, 300, 200_000));
      }
      await catchUp(world);
      const briefly = (lines: string[]) => lines.map((line) => `${line.slice(0, 150)} ${line.length}`);
      expect(briefly(await journalBytes(world.journal))).toEqual(briefly(shown(world)));
      const { requests } = world.api;
      const refused = requests.filter(
        ({ search, bytes }) => bytes > (search.maxBytes ?? Number.POSITIVE_INFINITY),
      );
      const taken = requests.filter((each) => !refused.includes(each));
      expect(refused.length).toBeLessThan(12);
      expect(Math.max(...taken.map(({ bytes }) => bytes))).toBeLessThan(dense ? 31_000_000 : 8 * 1024 * 1024);
      await world.collector.reconcile(
        [{ from: fromMs(START_MS), to: fromMs(START_MS + 2 * HOUR_MS) }],
        NEVER,
      );
      expect(world.api.requests.at(-1)!.search.perPage).toBe(50);
    },
  );

  it('two collectors on one store commit each entry once', async () => {
    const world = await newWorld({}, 2);
    fill(world, 600, 2);
    const other = await openCollector(world);
    await Promise.all([catchUp(world), catchUp(other)]);
    const fresh = await openCollector(world);
    await fresh.collector.poll(NEVER);
    expect(await journalBytes(fresh.journal)).toEqual(shown(fresh));
    const ids = await journalIds(fresh.journal);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
