import { floorSecond, fromMs, later, MILLISECOND, type Nanos, SECOND, type Span } from '../event/span.ts';
import { type SpanSet, spanAt, subtractSpans, unionSpans } from '../event/span-set.ts';

/** When more than this is uncovered behind now, the newest part is read live and the rest becomes backfill. */
export const LIVE_WINDOW: Nanos = 3600n * SECOND;

/** What a poll is decided on. */
export interface PlanInput {
  /** Local wall clock, milliseconds. */
  readonly nowMs: number;
  readonly settleMs: number;
  readonly overlapMs: number;
  /** Nothing before it is read by polls. */
  readonly start: Nanos;
  readonly coverage: SpanSet;
  /** Spans given up: not read again by polls. */
  readonly gaps: SpanSet;
  /** Up to where the overlap was read last; undefined before the first time. */
  readonly rereadTo: Nanos | undefined;
  /** Whether the request budget allows the overlap now. */
  readonly mayReread: boolean;
}

/** What a poll reads. */
export interface LivePlan {
  /** The span of the walk: overlap and what is new. */
  readonly span: Span;
  /** Where what is new begins. */
  readonly newFrom: Nanos;
  /** Whether the end needs a second answer, because no later overlap reads it again. */
  readonly confirmEnd: boolean;
}

/** The first instant that is too young to be read: a whole second. */
export function settledEnd(nowMs: number, settleMs: number): Nanos {
  return floorSecond(fromMs(nowMs - settleMs));
}

/** What the next poll reads; undefined when there is nothing. */
export function planLive(input: PlanInput): LivePlan | undefined {
  const to = settledEnd(input.nowMs, input.settleMs);
  const done = unionSpans(input.coverage, input.gaps);
  const overlap = BigInt(input.overlapMs) * MILLISECOND;
  const end = done.at(-1)?.to;
  let newFrom = end !== undefined && end > input.start ? end : input.start;
  if (to - newFrom > LIVE_WINDOW) newFrom = to - LIVE_WINDOW;
  const stop = later(to, newFrom);
  let from = newFrom;
  if (input.mayReread) {
    const reach =
      (input.rereadTo !== undefined && input.rereadTo < newFrom ? input.rereadTo : newFrom) - overlap;
    const covered = spanAt(input.coverage, newFrom - 1n);
    if (covered !== undefined) from = covered.from > reach ? covered.from : reach;
  }
  if (from >= stop) return undefined;
  return { span: { from, to: stop }, newFrom, confirmEnd: stop - newFrom > overlap };
}

/** What backfill has to read: all that is uncovered between the start and the newest covered span or the live window. */
export function planBackfill(input: {
  readonly start: Nanos;
  /** The first instant that is too young to be read. */
  readonly settled: Nanos;
  readonly coverage: SpanSet;
  readonly gaps: SpanSet;
}): SpanSet {
  const live = input.settled - LIVE_WINDOW;
  const end = later(input.coverage.at(-1)?.to ?? live, live);
  if (end <= input.start) return [];
  return subtractSpans({ from: input.start, to: end }, unionSpans(input.coverage, input.gaps));
}
