import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ceilSecond, floorSecond, fromMs, toMs } from '../../src/event/span.ts';
import {
  addSpan,
  intersectSpans,
  type SpanSet,
  spanAt,
  subtractSpans,
  totalLength,
  unionSpans,
} from '../../src/event/span-set.ts';

const span = fc
  .tuple(fc.integer({ min: -20, max: 40 }), fc.integer({ min: 1, max: 15 }))
  .map(([from, length]) => ({
    from: BigInt(from),
    to: BigInt(from + length),
  }));
const points = (set: SpanSet): Set<bigint> => {
  const result = new Set<bigint>();
  for (const { from, to } of set) for (let at = from; at < to; at++) result.add(at);
  return result;
};

describe('span-set', () => {
  it('holds exactly the instants of the spans that were added, merged and ascending', () => {
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const set = unionSpans([], spans);
        expect(points(set)).toEqual(points(spans));
        for (let i = 1; i < set.length; i++) expect(set[i]!.from > set[i - 1]!.to).toBe(true);
        expect(totalLength(set)).toBe(BigInt(points(spans).size));
      }),
    );
  });

  it('splits a span into what a set holds and what it does not', () => {
    fc.assert(
      fc.property(fc.array(span), span, (spans, asked) => {
        const set = unionSpans([], spans);
        const inside = points(intersectSpans(asked, set));
        const outside = points(subtractSpans(asked, set));
        for (const at of points([asked])) {
          expect(inside.has(at)).toBe(spanAt(set, at) !== undefined);
          expect(outside.has(at)).toBe(!inside.has(at));
        }
        expect(inside.size + outside.size).toBe(points([asked]).size);
      }),
    );
  });

  it('merges spans that touch', () => {
    expect(addSpan([{ from: 0n, to: 5n }], { from: 5n, to: 9n })).toEqual([{ from: 0n, to: 9n }]);
  });
});

describe('span', () => {
  it('rounds to whole seconds on both sides of 1970', () => {
    expect(floorSecond(-1n)).toBe(-1_000_000_000n);
    expect(ceilSecond(-1n)).toBe(0n);
    expect(floorSecond(1_999_999_999n)).toBe(1_000_000_000n);
    expect(ceilSecond(1_000_000_001n)).toBe(2_000_000_000n);
    expect(ceilSecond(2_000_000_000n)).toBe(2_000_000_000n);
  });

  it('converts milliseconds both ways, rounding down', () => {
    expect(toMs(-1n)).toBe(-1);
    expect(toMs(fromMs(1_234))).toBe(1_234);
  });
});
