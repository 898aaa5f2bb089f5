import { describe, expect, it, vi } from 'vitest';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { type RetryOptions, retrying } from '../../src/runtime/retry.ts';
import { FakeClock } from '../support/fake-clock.ts';

const never = new AbortController().signal;

function options(overrides: Partial<RetryOptions> = {}): RetryOptions & { clock: FakeClock } {
  return {
    clock: new FakeClock({ auto: true }),
    random: { float: () => 1, hex: () => '' },
    signal: never,
    ...overrides,
  } as RetryOptions & { clock: FakeClock };
}

function failing(times: number, error: unknown): (attempt: number) => Promise<string> {
  return async (attempt) => {
    if (attempt <= times) throw error;
    return `attempt ${attempt}`;
  };
}

const busy = (waitMs?: number): ConnectorError =>
  new ConnectorError('busy', {
    code: 'x.busy',
    retryable: true,
    ...(waitMs === undefined ? {} : { waitMs }),
  });

describe('retry', () => {
  it('waits longer and longer, up to the cap', async () => {
    const waits: number[] = [];
    const given = options({ onRetry: (_error, _attempt, waitMs) => waits.push(waitMs) });
    expect(await retrying(failing(9, busy()), given)).toBe('attempt 10');
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(given.clock.monotonicMs()).toBe(243_000);
  });

  it('draws each wait from zero to its bound', async () => {
    const waits: number[] = [];
    const random = { float: () => 0.25, hex: () => '' };
    await retrying(
      failing(3, busy()),
      options({ random, baseMs: 100, capMs: 200, onRetry: (_e, _a, ms) => waits.push(ms) }),
    );
    expect(waits).toEqual([25, 50, 50]);
  });

  it('never comes back before the time that the error asks for, even beyond the cap', async () => {
    const given = options();
    await retrying(failing(1, busy(900_000)), given);
    expect(given.clock.monotonicMs()).toBe(900_000);
  });

  it('tries for ever', async () => {
    expect(await retrying(failing(2_000, busy()), options())).toBe('attempt 2001');
  });

  it.each([
    ['an error that is not retryable', new ConnectorError('no', { code: 'x.no' })],
    ['an error of another kind', new Error('defect')],
    ['a TypeError, of the network too', new TypeError('fetch failed')],
  ])('throws %s at once', async (_, error) => {
    const given = options();
    await expect(retrying(failing(1, error), given)).rejects.toBe(error);
    expect(given.clock.monotonicMs()).toBe(0);
  });

  it('tries again when the cause is a TypeError of the network', async () => {
    const error = new ConnectorError('net', {
      code: 'x.net',
      retryable: true,
      cause: new TypeError('fetch failed'),
    });
    expect(await retrying(failing(1, error), options())).toBe('attempt 2');
  });

  it('sets no timer of its own', async () => {
    const timer = vi.spyOn(globalThis, 'setTimeout');
    try {
      await retrying(failing(5, busy()), options());
      expect(timer).not.toHaveBeenCalled();
    } finally {
      timer.mockRestore();
    }
  });

  it('keeps a success that came while the signal aborted', async () => {
    const stop = new AbortController();
    const work = async (): Promise<string> => {
      stop.abort(new Error('stopped'));
      return 'done';
    };
    expect(await retrying(work, options({ signal: stop.signal }))).toBe('done');
  });

  it('ends with the reason of the signal: before, after a failure, and within a wait', async () => {
    const reason = new Error('stopped');
    const work = vi.fn(failing(9, busy()));
    await expect(retrying(work, options({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();

    const failed = new AbortController();
    const abortAndFail = async (): Promise<never> => {
      failed.abort(reason);
      throw new Error('because of the abort');
    };
    await expect(retrying(abortAndFail, options({ signal: failed.signal }))).rejects.toBe(reason);

    const waiting = new AbortController();
    const clock = new FakeClock();
    const ended = expect(retrying(work, options({ clock, signal: waiting.signal }))).rejects.toBe(reason);
    await clock.advance(10);
    expect(clock.sleeping).toBe(1);
    waiting.abort(reason);
    await ended;
    expect([work.mock.calls.length, clock.sleeping]).toEqual([1, 0]);
  });
});
