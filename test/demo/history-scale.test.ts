import { describe, expect, it } from 'vitest';
import { createHistory } from '../../src/demo/history.ts';

const COUNT = 1_000_000;

describe('a history of 1,000,000 entries', () => {
  it('holds under 60 MB and serves any page of it', () => {
    const heldBefore = held();
    const log = createHistory({
      seed: 3,
      userId: 'acme',
      fromMs: Date.parse('2025-01-01T00:00:00Z'),
      toMs: Date.parse('2025-04-01T00:00:00Z'),
      count: COUNT,
      odd: { ties: 0.05, twins: 0.01 },
    });
    let bytes = 0;
    for (let index = 0; index < COUNT; index += 997) {
      expect(log.lowerBound(log.instantAt(index))).toBeLessThanOrEqual(index);
      bytes += log.bytesAt(index, 0).length;
    }
    expect(held() - heldBefore).toBeLessThan(60_000_000);
    expect(log.length).toBe(COUNT);
    expect(bytes).toBeGreaterThan(900_000);
  });
});

/** Bytes in buffers and on the heap; garbage that waits for collection is counted too. */
function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
