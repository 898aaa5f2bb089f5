import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';

describe('fake-clock', () => {
  it('fires sleeps and deadlines in the order in which they are due', async () => {
    const clock = new FakeClock();
    const order: string[] = [];
    const sleepThen = async (ms: number, name: string): Promise<void> => {
      await clock.sleep(ms);
      order.push(`${name} at ${clock.monotonicMs()}`);
    };
    const work = [sleepThen(30, 'late'), sleepThen(10, 'early').then(() => sleepThen(5, 'chained'))];
    const { signal } = clock.deadline(20);
    signal.addEventListener('abort', () => order.push(`deadline at ${clock.monotonicMs()}`));
    await clock.advance(29);
    expect(order).toEqual(['early at 10', 'chained at 15', 'deadline at 20']);
    await clock.advance(1);
    await Promise.all(work);
    expect(order).toHaveLength(4);
  });

  it('moves by itself from sleep to sleep, but never to a deadline alone', async () => {
    const clock = new FakeClock({ auto: true });
    const { signal } = clock.deadline(1_500);
    await clock.sleep(1_000);
    expect(signal.aborted).toBe(false);
    await clock.sleep(1_000);
    expect([signal.aborted, clock.monotonicMs()]).toEqual([true, 2_000]);
  });

  it('jumps by the wall clock only', () => {
    const clock = new FakeClock({ nowMs: 1_000 });
    clock.jump(-500);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([500, 0]);
  });
});
