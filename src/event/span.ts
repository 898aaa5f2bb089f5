/** An instant: nanoseconds since 1970-01-01T00:00:00Z. May be negative. */
export type Nanos = bigint;

/** A half-open stretch `[from, to)` of event time. Never empty: `from < to`. */
export interface Span {
  /** First instant inside. */
  readonly from: Nanos;
  /** First instant behind. */
  readonly to: Nanos;
}

/** One second in nanoseconds. */
export const SECOND: Nanos = 1_000_000_000n;
/** One millisecond in nanoseconds. */
export const MILLISECOND: Nanos = 1_000_000n;
/** One microsecond in nanoseconds: the precision of the documented API sample. */
export const MICROSECOND: Nanos = 1_000n;

/** The whole second at or before `at`. */
export function floorSecond(at: Nanos): Nanos {
  const rest = at % SECOND;
  return rest < 0n ? at - rest - SECOND : at - rest;
}

/** The whole second at or after `at`. */
export function ceilSecond(at: Nanos): Nanos {
  const floor = floorSecond(at);
  return floor === at ? at : floor + SECOND;
}

/** Milliseconds of a wall clock as nanoseconds. */
export function fromMs(ms: number): Nanos {
  return BigInt(Math.floor(ms)) * MILLISECOND;
}

/** Nanoseconds as milliseconds, rounded down. */
export function toMs(at: Nanos): number {
  const ms = at / MILLISECOND;
  return Number(at % MILLISECOND < 0n ? ms - 1n : ms);
}

/** The earlier of two instants. */
export function earlier(a: Nanos, b: Nanos): Nanos {
  return a < b ? a : b;
}

/** The later of two instants. */
export function later(a: Nanos, b: Nanos): Nanos {
  return a > b ? a : b;
}
