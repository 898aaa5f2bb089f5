import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalRoom } from '../../src/connector/journal-room.ts';
import type { Machine } from '../../src/connector/machine.ts';
import { StoreSize } from '../../src/connector/store-size.ts';
import { fromMs } from '../../src/event/span.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import type { Shipper } from '../../src/shipper/shipper.ts';
import { openDirectoryStore } from '../../src/store/directory.ts';
import { SteppingClock, seededRandom } from '../support/stepping-clock.ts';
import { testConfig } from '../support/test-connector.ts';

const NOW_MS = Date.UTC(2026, 5, 1);
const SEGMENTS = 6;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-room-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/**
 * A journal of some segments, and a room whose bound it has reached; `segment` is where the one sink stands,
 * `resumeOf` what a restart would read from.
 */
async function fullRoom(segment: () => number, resumeOf = (n: number) => n) {
  const clock = new SteppingClock(NOW_MS);
  const store = openDirectoryStore(join(folder, 'data'));
  const metrics = new MemoryMetrics();
  const journal = await openJournal({
    store,
    source: 'acme',
    clock,
    random: seededRandom(1),
    fingerprint: 'f'.repeat(64),
    resolveStart: () => fromMs(NOW_MS),
    log: silentLog,
  });
  const append = (n: number) =>
    journal.append({
      kind: 'heartbeat',
      entries: [],
      answers: [],
      coverage: [{ from: fromMs(NOW_MS), to: fromMs(NOW_MS + n * 1_000) }],
      gaps: [],
      resume: resumeOf(n),
      largestPage: 0,
    });
  for (let n = 1; n <= SEGMENTS; n++) await append(n);
  const config = testConfig({ folder, url: 'http://127.0.0.1', userId: 'u', pat: 'p', clock, seed: 1 });
  const shipper = { status: () => ({ position: { segment: segment(), line: 0 } }) } as unknown as Shipper;
  const stop = new AbortController();
  const room = new JournalRoom({
    source: config.sources[0]!,
    journal,
    store,
    config: { ...config.journal, maxBytes: (await store.size('')) - 1 },
    shippers: new Map([['local', shipper]]),
    size: new StoreSize(store),
    machine: { clock, random: seededRandom(2), log: silentLog, metrics } as unknown as Machine,
    log: silentLog,
    signal: stop.signal,
  });
  return { room, journal, append, clock, metrics, stop };
}

describe('journal-room', () => {
  it('at max_bytes with a sink down, writing waits, and nothing is thrown away', async () => {
    let looks = 0;
    const world = await fullRoom(() => {
      looks++;
      if (looks === 5) world.stop.abort(new Error('seen enough'));
      return 0;
    });
    await expect(world.room.retry(() => world.append(SEGMENTS + 1))).rejects.toThrow('seen enough');
    expect(world.room.isFull).toBe(true);
    expect(world.journal.head.n).toBe(SEGMENTS);
    expect(world.journal.trimmed).toBeUndefined();
  });

  it('goes on as soon as the sink took more: what every sink has makes room', async () => {
    let looks = 0;
    const world = await fullRoom(() => (++looks < 4 ? 0 : SEGMENTS + 1));
    const written = await world.room.retry(() => world.append(SEGMENTS + 1));
    expect(written?.segment.header.n).toBe(SEGMENTS + 1);
    expect(world.room.isFull).toBe(false);
    expect(world.journal.trimmed?.begins).toBeGreaterThan(1);
    expect(world.clock.monotonicMs()).toBeGreaterThanOrEqual(10_000);
  });

  it('goes on when the overlap begins with the oldest segment: it could wait for itself for ever', async () => {
    const world = await fullRoom(
      () => SEGMENTS + 1,
      () => 1,
    );
    const written = await world.room.retry(() => world.append(SEGMENTS + 1));
    expect(written?.segment.header.n).toBe(SEGMENTS + 1);
    expect(world.room.isFull).toBe(false);
    expect(world.clock.monotonicMs()).toBeLessThan(10_000);
  });
});
