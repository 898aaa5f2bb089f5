import { describe, expect, it } from 'vitest';
import { RateWindow } from '../../src/demo/rate-window.ts';

describe('RateWindow', () => {
  it('slides: no 1,000 ms hold more than the limit', () => {
    const window = new RateWindow();
    expect([0, 600, 999].map((ms) => window.admit(ms, 2))).toEqual([true, true, false]);
    expect([1_000, 1_001, 1_600].map((ms) => window.admit(ms, 2))).toEqual([true, false, true]);
  });

  it('counts the most within 1,000 ms, refused ones included', () => {
    const window = new RateWindow();
    for (const ms of [0, 0, 999, 1_000, 5_000]) window.admit(ms, 1);
    expect(window.mostSeen).toBe(3);
  });

  it('forgets what lies in the future when the clock is set back', () => {
    const window = new RateWindow();
    window.admit(10_000, 1);
    expect(window.admit(0, 1)).toBe(true);
  });
});
