import { describe, expect, it } from 'vitest';
import type { StoredSegment } from '../../src/journal/types.ts';
import { Stretch } from '../../src/shipper/stretch.ts';

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
const DAY = 86_400n * 1_000_000_000n;
const RULE = { maxBytes: 64 * MIB, maxAgeMs: HOUR_MS };

/** Segment `n`, written in minute `n`, with one entry on day `day`. */
function segment(n: number, changes: Partial<StoredSegment> = {}, day = 20_000n): StoredSegment {
  const at = day * DAY;
  return { n, kind: 'live', count: 1, first: at, last: at, writtenMs: n * 60_000, bytes: 1_000, ...changes };
}

const EMPTY = { count: 0, kind: 'heartbeat', first: undefined, last: undefined } as const;

function stretchOf(segments: readonly StoredSegment[], rule: typeof RULE | 'each' = RULE): Stretch {
  const stretch = new Stretch(rule, segments[0]?.n ?? 1);
  for (const each of segments) stretch.add(each);
  return stretch;
}

describe('stretch', () => {
  it('is never due without entries, and has no range', () => {
    const stretch = stretchOf([segment(1, EMPTY), segment(2, EMPTY)]);
    expect(stretch.range).toBeUndefined();
    expect(stretch.dueInMs(10 * HOUR_MS)).toBeUndefined();
    expect(stretch).toMatchObject({ complete: false, last: 2, oldestMs: undefined });
  });

  it('begins with the first segment that holds entries, and ends with the last one added', () => {
    const stretch = stretchOf([segment(1, EMPTY), segment(2), segment(3), segment(4, EMPTY)]);
    expect(stretch.range).toEqual({ first: 2, last: 4 });
  });

  it('is due when its first entries have waited max_age since they were written', () => {
    const stretch = stretchOf([segment(1, EMPTY), segment(2), segment(50)]);
    const writtenMs = 2 * 60_000;
    expect(stretch.dueInMs(writtenMs)).toBe(HOUR_MS);
    expect(stretch.dueInMs(writtenMs + HOUR_MS - 1)).toBe(1);
    expect(stretch.dueInMs(writtenMs + HOUR_MS)).toBe(0);
    expect(stretch.complete).toBe(false);
  });

  it('is complete when it reaches max_bytes', () => {
    const almost = segment(1, { bytes: RULE.maxBytes - 1 });
    expect(stretchOf([almost]).complete).toBe(false);
    expect(stretchOf([almost, segment(2, { bytes: 1 })])).toMatchObject({ complete: true });
    expect(stretchOf([almost, segment(2)]).dueInMs(0)).toBe(0);
  });

  it('each: one segment with entries', () => {
    const stretch = stretchOf([segment(1, EMPTY), segment(2)], 'each');
    expect(stretch).toMatchObject({ complete: true, range: { first: 2, last: 2 } });
    expect(stretch.dueInMs(0)).toBe(0);
  });

  it('is complete with more than four event dates, unless it is small', () => {
    const days = [0n, 1n, 2n, 3n].map((day, i) => segment(i + 1, { bytes: MIB }, day));
    expect(stretchOf(days).complete).toBe(false);
    expect(stretchOf([...days, segment(5, {}, 3n)]).complete).toBe(false);
    expect(stretchOf([...days, segment(5, {}, 4n)]).complete).toBe(true);
    const undated = segment(5, { kind: 'undated', first: undefined, last: undefined });
    expect(stretchOf([...days, undated]).complete).toBe(true);
    const small = Array.from({ length: 365 }, (_, i) => segment(i + 1, { bytes: 5_000 }, BigInt(i)));
    expect(stretchOf(small).complete).toBe(false);
    const wide = segment(2, { bytes: 2 * MIB, first: 0n, last: 9_000n * DAY });
    expect(stretchOf([segment(1), wide]).complete).toBe(true);
  });
});
