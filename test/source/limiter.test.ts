import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/runtime/clock.ts';
import type { Priority } from '../../src/source/api.ts';
import { type Permit, RateLimiter } from '../../src/source/limiter.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { prng } from '../support/prng.ts';

const never = new AbortController().signal;

/** The most times within any window of `windowMs`. */
function mostIn(windowMs: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (let last = 0; last < sorted.length; last += 1) {
    while (sorted[last]! - sorted[first]! >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** What the walkers of one run see. */
interface Run {
  /** When requests were written to a connection. */
  sentMs: number[];
  elapsedMs: number;
}

/** Lets `workers` send `requests` in all; opening a connection and the way of an answer take random times. */
async function run(
  rps: number,
  workers: number,
  requests: number,
  connectMs: number,
  seed: number,
): Promise<Run> {
  const clock = new FakeClock({ auto: true });
  const limiter = new RateLimiter({ requestsPerSecond: rps, clock });
  const random = prng(seed);
  const sentMs: number[] = [];
  let left = requests;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const permit = await limiter.acquire('background', never);
      if (random() < 0.3) await clock.sleep(random() * connectMs);
      if (random() < 0.9) {
        permit.sent();
        sentMs.push(clock.monotonicMs());
        await clock.sleep(300);
      }
      permit.release();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return { sentMs, elapsedMs: clock.monotonicMs() };
}

describe('limiter', () => {
  it('never sends more than the rate in any second, however long connections take to open', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer(),
        async (rps, workers, connectMs, seed) => {
          const { sentMs } = await run(rps, workers, 60, connectMs, seed);
          expect(mostIn(1_000, sentMs)).toBeLessThanOrEqual(rps);
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each([15, 1, 100])('reaches 97.5 % of %i requests a second, evenly spaced', async (rps) => {
    const clock = new FakeClock({ auto: true });
    const limiter = new RateLimiter({ requestsPerSecond: rps, clock });
    const times: number[] = [];
    for (let i = 0; i < 5 * rps + 1; i += 1) {
      const permit = await limiter.acquire('live', never);
      permit.sent();
      times.push(clock.monotonicMs());
    }
    expect((5 * rps * 1000) / clock.monotonicMs()).toBeGreaterThanOrEqual(0.975 * rps);
    expect(mostIn(1_000, times)).toBeLessThanOrEqual(rps);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000 / rps - 1e-6);
  });

  it('makes up for timers that are a little late', async () => {
    const clock = new FakeClock({ auto: true });
    const late: Clock = {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: (ms, signal) => clock.sleep(ms + 1, signal),
      deadline: (ms, parent) => clock.deadline(ms, parent),
    };
    const limiter = new RateLimiter({ requestsPerSecond: 15, clock: late });
    for (let i = 0; i < 151; i += 1) (await limiter.acquire('live', never)).sent();
    expect(150_000 / clock.monotonicMs()).toBeGreaterThanOrEqual(0.975 * 15);
  });

  it('keeps a rate below one a second', async () => {
    const clock = new FakeClock({ auto: true });
    const limiter = new RateLimiter({ requestsPerSecond: 0.5, clock });
    for (let i = 0; i < 4; i += 1) (await limiter.acquire('live', never)).sent();
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(6_000);
    expect(clock.monotonicMs()).toBeLessThan(6_200);
  });

  it('lets live requests go first, and within a priority those that came first', async () => {
    const clock = new FakeClock({ auto: true });
    const limiter = new RateLimiter({ requestsPerSecond: 15, clock });
    (await limiter.acquire('live', never)).sent();
    const order: string[] = [];
    const ask = async (name: string, priority: Priority): Promise<void> => {
      (await limiter.acquire(priority, never)).sent();
      order.push(name);
    };
    await Promise.all([
      ask('b1', 'background'),
      ask('b2', 'background'),
      ask('l1', 'live'),
      ask('b3', 'background'),
      ask('l2', 'live'),
    ]);
    expect(order).toEqual(['l1', 'l2', 'b1', 'b2', 'b3']);
  });

  it('waits for requests whose connection is still opening before it lets more go than the window holds', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter({ requestsPerSecond: 2, clock });
    const permits: Permit[] = [];
    const ask = async (): Promise<void> => {
      permits.push(await limiter.acquire('live', never));
    };
    const all = [ask(), ask(), ask(), ask()];
    await clock.advance(10_000);
    expect(permits).toHaveLength(2);
    permits[0]!.release();
    await clock.advance(0);
    expect(permits).toHaveLength(3);
    permits[1]!.sent();
    await clock.advance(1_015);
    expect(permits).toHaveLength(3);
    await clock.advance(1);
    expect(permits).toHaveLength(4);
    await Promise.all(all);
  });

  it('forgets a waiter whose signal aborts, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter({ requestsPerSecond: 1, clock });
    (await limiter.acquire('live', never)).sent();
    const stop = new AbortController();
    const waiting = limiter.acquire('background', stop.signal);
    expect(clock.sleeping).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
    await expect(limiter.acquire('live', stop.signal)).rejects.toThrow('stopped');
  });

  it('pauses everybody when throttled, goes on more slowly, and recovers', async () => {
    const clock = new FakeClock({ auto: true });
    const limiter = new RateLimiter({ requestsPerSecond: 15, clock });
    const first = await limiter.acquire('live', never);
    const second = await limiter.acquire('live', never);
    for (const permit of [first, second]) permit.sent();
    first.throttled(7_000);
    second.throttled(3_000);
    const pausedMs = clock.monotonicMs();
    expect(limiter.share).toBeCloseTo(0.7);
    (await limiter.acquire('live', never)).sent();
    expect(clock.monotonicMs() - pausedMs).toBeGreaterThanOrEqual(7_000);
    const resumedMs = clock.monotonicMs();
    const slow = await limiter.acquire('live', never);
    expect(clock.monotonicMs() - resumedMs).toBeGreaterThanOrEqual(1_000 / (15 * 0.7));
    slow.sent();
    for (let i = 0; i < 31; i += 1) slow.succeeded();
    expect(limiter.share).toBe(1);
  });

  it('never slows down to a halt', async () => {
    const clock = new FakeClock({ auto: true });
    const limiter = new RateLimiter({ requestsPerSecond: 15, clock });
    for (let i = 0; i < 40; i += 1) {
      const permit = await limiter.acquire('live', never);
      permit.sent();
      permit.throttled(0);
    }
    const beforeMs = clock.monotonicMs();
    await limiter.acquire('live', never);
    expect(clock.monotonicMs() - beforeMs).toBeLessThan(5_000);
  });
});
