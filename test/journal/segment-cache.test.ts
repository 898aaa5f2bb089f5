import { describe, expect, it } from 'vitest';
import { entryBytesAt, idAt } from '../../src/journal/lines.ts';
import { encodeSegment } from '../../src/journal/segment.ts';
import { SegmentCache } from '../../src/journal/segment-cache.ts';
import { SEGMENT_FORMAT, type Segment } from '../../src/journal/types.ts';

const SIZE = 100_000;

/** A segment of one entry of {@link SIZE} bytes: more than Node's shared pool. */
function segment(n: number): Segment {
  const header = {
    v: SEGMENT_FORMAT,
    source: 'acme',
    n,
    written: '2026-01-01T00:00:00.000Z',
    prev: '0'.repeat(64),
  };
  const draft = {
    kind: 'live' as const,
    answers: [],
    coverage: [],
    gaps: [],
    resume: 0,
    undated: [],
    largestPage: 0,
  };
  const bytes = Buffer.from(`"${'x'.repeat(SIZE)}"`);
  return encodeSegment({ ...header, ...draft }, [
    { id: 'a'.repeat(64), at: 1n, bytes, size: bytes.length, utf8: true },
  ]);
}

const readable = ({ bytes }: Segment): boolean => bytes.length > SIZE;

describe('SegmentCache', () => {
  it('gives the memory of a segment back when it makes room for another', () => {
    const cache = new SegmentCache(1.5 * SIZE);
    const [first, second] = [segment(1), segment(2)];
    const shared = cache.add(first);
    cache.add(second);
    expect(cache.get(1)).toBeUndefined();
    expect([readable(first), readable(second)]).toEqual([false, true]);
    expect(shared.released).toBe(true);
  });

  it('keeps a leased one until its last lease has ended', () => {
    const cache = new SegmentCache(1.5 * SIZE);
    const first = segment(1);
    cache.add(first);
    const leases = [cache.get(1)!.lease(), cache.get(1)!.lease()];
    cache.add(segment(2));
    leases[0]!.release();
    leases[0]!.release();
    expect(readable(first)).toBe(true);
    leases[1]!.release();
    expect(readable(first)).toBe(false);
  });

  it('never takes one back that was handed out without a lease', () => {
    const cache = new SegmentCache(1.5 * SIZE);
    const first = segment(1);
    const lease = cache.add(first).lease();
    cache.get(1)!.escape();
    cache.add(segment(2));
    lease.release();
    expect(readable(first)).toBe(true);
  });

  it('one that is too large for it lives as long as its leases', () => {
    const cache = new SegmentCache(SIZE / 2);
    const first = segment(1);
    const lease = cache.add(first).lease();
    expect(cache.get(1)).toBeUndefined();
    expect(readable(first)).toBe(true);
    lease.release();
    expect(readable(first)).toBe(false);
  });

  it('what was given back is refused, not read as empty', () => {
    const first = segment(1);
    const cache = new SegmentCache(0);
    cache.add(first).lease().release();
    expect(() => idAt(first, 0)).toThrow('lease had ended');
    expect(() => entryBytesAt(first, 0)).toThrow('lease had ended');
  });
});
