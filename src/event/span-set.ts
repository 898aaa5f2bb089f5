import type { Nanos, Span } from './span.ts';

/** Spans in ascending order that neither overlap nor touch. */
export type SpanSet = readonly Span[];

/** `set` with `span` added; touching spans are merged. */
export function addSpan(set: SpanSet, span: Span): SpanSet {
  const result: Span[] = [];
  let { from, to } = span;
  for (const each of set) {
    if (each.to < from || each.from > to) {
      result.push(each);
    } else {
      if (each.from < from) from = each.from;
      if (each.to > to) to = each.to;
    }
  }
  result.push({ from, to });
  return result.sort((a, b) => (a.from < b.from ? -1 : 1));
}

/** All spans of both. */
export function unionSpans(a: SpanSet, b: readonly Span[]): SpanSet {
  return b.reduce<SpanSet>(addSpan, a);
}

/** The parts of `span` that `set` does not hold, ascending. */
export function subtractSpans(span: Span, set: SpanSet): SpanSet {
  const result: Span[] = [];
  let from = span.from;
  for (const each of set) {
    if (each.to <= from) continue;
    if (each.from >= span.to) break;
    if (each.from > from) result.push({ from, to: each.from });
    from = each.to;
  }
  if (from < span.to) result.push({ from, to: span.to });
  return result;
}

/** The parts of `span` that `set` holds, ascending. */
export function intersectSpans(span: Span, set: SpanSet): SpanSet {
  const result: Span[] = [];
  for (const each of set) {
    const from = each.from > span.from ? each.from : span.from;
    const to = each.to < span.to ? each.to : span.to;
    if (from < to) result.push({ from, to });
  }
  return result;
}

/** The span of `set` that holds `at`, or undefined. */
export function spanAt(set: SpanSet, at: Nanos): Span | undefined {
  return set.find((each) => each.from <= at && at < each.to);
}

/** Nanoseconds in all spans together. */
export function totalLength(set: SpanSet): Nanos {
  return set.reduce((sum, each) => sum + (each.to - each.from), 0n);
}
