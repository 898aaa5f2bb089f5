import type { OddOptions } from './history-odd.ts';
import { fraction } from './mix.ts';

/** The event times of a history before entries are tied to each other. */
export interface HistoryTimes {
  /** Event times in microseconds since the epoch, rising. */
  readonly instantsUs: Float64Array;
  /** Indices at which a group of entries begins that nothing before may pull towards itself, and the ends of such groups. */
  readonly breaks: readonly number[];
  /** Stretches `[from, to)` of indices whose times stay as they are. */
  readonly fixed: readonly (readonly [from: number, to: number])[];
}

const US_PER_MS = 1_000;
const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
const FUTURE_DAYS = 400;
const SALT_REGULAR = 11;
const SALT_SECOND = 12;
const SALT_FUTURE = 13;

/** How busy each hour of a working day (UTC) is; at weekends a tenth of it. */
const HOURS: readonly number[] = [
  3, 2, 2, 2, 3, 6, 20, 60, 90, 100, 95, 80, 60, 85, 100, 95, 85, 70, 45, 30, 20, 12, 8, 5,
];

/** Draws `count` event times in `[fromMs, toMs)` that follow office hours, and the dense and future ones of `odd`. */
export function createTimes(
  seed: number,
  fromMs: number,
  toMs: number,
  count: number,
  odd: OddOptions,
): HistoryTimes {
  const [fromUs, toUs] = [Math.floor(fromMs * US_PER_MS), Math.floor(toMs * US_PER_MS)];
  const middleUs = Math.floor((fromMs + toMs) / 2) * US_PER_MS;
  const second = odd.denseSecond?.count ?? 0;
  const instant = odd.denseInstant?.count ?? 0;
  const future = Math.round(count * (odd.future ?? 0));
  const regular = count - second - instant - future;
  if (regular < 0)
    throw new RangeError(
      `A history of ${count} entries has no room for ${second + instant + future} dense and future ones: raise count.`,
    );
  const secondUs = Math.floor(atUs(odd.denseSecond?.atMs, middleUs) / 1e6) * 1e6;
  const instantUs = atUs(odd.denseInstant?.atMs, middleUs + 5_000_000);

  const instantsUs = new Float64Array(count);
  drawRegular(instantsUs.subarray(0, regular), seed, fromUs, toUs);
  const extra = instantsUs.subarray(regular);
  for (let i = 0; i < second; i++) extra[i] = secondUs + Math.floor(fraction(seed, i, SALT_SECOND) * 1e6);
  extra.fill(instantUs, second, second + instant);
  for (let i = 0; i < future; i++) {
    extra[second + instant + i] =
      toUs + DAY_US + Math.floor(fraction(seed, i, SALT_FUTURE) * FUTURE_DAYS * DAY_US);
  }
  if (extra.length > 0) instantsUs.sort();

  const stretch = (a: number, b: number) => [lowerBound(instantsUs, a), lowerBound(instantsUs, b)] as const;
  const fixed = [stretch(toUs, Number.POSITIVE_INFINITY)];
  if (second > 0) fixed.push(stretch(secondUs, secondUs + 1e6));
  if (instant > 0) fixed.push(stretch(instantUs, instantUs + 1));
  return { instantsUs, fixed, breaks: fixed.flat() };
}

function atUs(atMs: number | undefined, fallbackUs: number): number {
  return atMs === undefined ? fallbackUs : Math.floor(atMs * US_PER_MS);
}

/** Rising times: the quantiles of the office hours, each moved a little within its share. */
function drawRegular(into: Float64Array, seed: number, fromUs: number, toUs: number): void {
  const firstHour = Math.floor(fromUs / HOUR_US);
  const hours = Math.ceil(toUs / HOUR_US) - firstHour;
  const starts = Array.from({ length: hours + 1 }, (_, h) =>
    Math.min(Math.max((firstHour + h) * HOUR_US, fromUs), toUs),
  );
  const loads = starts.slice(1).map((end, h) => ((end - starts[h]!) / HOUR_US) * load(firstHour + h));
  const total = loads.reduce((sum, value) => sum + value, 0);
  let hour = 0;
  let before = 0;
  for (let i = 0; i < into.length; i++) {
    const wanted = ((i + fraction(seed, i, SALT_REGULAR)) / into.length) * total;
    while (hour < hours - 1 && before + loads[hour]! <= wanted) before += loads[hour++]!;
    const share = Math.min((wanted - before) / loads[hour]!, 1);
    const at = Math.floor(starts[hour]! + share * (starts[hour + 1]! - starts[hour]!));
    into[i] = Math.min(Math.max(at, into[i - 1] ?? fromUs), toUs - 1);
  }
}

function load(hour: number): number {
  const weekday = (Math.floor(hour / 24) + 4) % 7;
  const working = weekday !== 0 && weekday !== 6;
  return HOURS[((hour % 24) + 24) % 24]! * (working ? 1 : 0.1);
}

/** Index of the first value that is not below `value`. */
export function lowerBound(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
