import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock, systemRandom } from '../../src/runtime/system-clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('system-clock', () => {
  it('sleeps for at least the time it is told', async () => {
    for (const ms of [0, 0.2, 1, 3.7]) {
      const startMs = systemClock.monotonicMs();
      await systemClock.sleep(ms);
      expect(systemClock.monotonicMs() - startMs).toBeGreaterThanOrEqual(ms);
    }
  });

  it('ends a sleep with the reason of the signal', async () => {
    const stop = new AbortController();
    const slept = expect(systemClock.sleep(60_000, stop.signal)).rejects.toThrow('stopped');
    stop.abort(new Error('stopped'));
    await slept;
    await expect(systemClock.sleep(0, stop.signal)).rejects.toThrow('stopped');
  });

  it('does not end a sleep of two months at once', async () => {
    const stop = new AbortController();
    let ended = false;
    const slept = systemClock.sleep(2 ** 32, stop.signal).catch(() => {
      ended = true;
    });
    await systemClock.sleep(20);
    expect(ended).toBe(false);
    stop.abort();
    await slept;
  });

  it('ends a deadline with a TimeoutError', async () => {
    const { signal, done } = systemClock.deadline(5);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    done();
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('holds a deadline that is longer than a timer can be', () => {
    vi.useFakeTimers();
    const { signal, done } = systemClock.deadline(2 ** 31 + 1_000);
    vi.advanceTimersByTime(2 ** 31 + 999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(signal.aborted).toBe(true);
    done();
  });

  it('ends a deadline with the reason of its parent, and releases its timer', () => {
    vi.useFakeTimers();
    const parent = new AbortController();
    const running = systemClock.deadline(1_000, parent.signal);
    const finished = systemClock.deadline(1_000, parent.signal);
    finished.done();
    parent.abort(new Error('stopped'));
    expect(running.signal.reason).toMatchObject({ message: 'stopped' });
    expect(finished.signal.aborted).toBe(false);
    expect(systemClock.deadline(1_000, parent.signal).signal.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('draws floats and hex digits', () => {
    const float = systemRandom.float();
    expect(float >= 0 && float < 1).toBe(true);
    expect(systemRandom.hex(8)).toMatch(/^[0-9a-f]{16}$/);
    expect(systemRandom.hex(8)).not.toBe(systemRandom.hex(8));
  });
});
