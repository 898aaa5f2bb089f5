import { type Nanos, SECOND } from './span.ts';

/** An instant in two numbers: no big integer where none is needed. */
export interface TimeParts {
  /** Whole seconds since 1970-01-01T00:00:00Z, rounded down; may be negative. */
  seconds: number;
  /** 0 to 999,999,999. */
  nanoseconds: number;
}

/** `2024-02-29T23:59:59.123456789+00:00` */
const LONGEST = 35;
const MINUTES_A_DAY = 1440;
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days of a common year before each month. */
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
/** Days from 0000-01-01 to 1970-01-01. */
const EPOCH_DAY = 719_528;

const text = new Uint8Array(LONGEST);
const parts: TimeParts = { seconds: 0, nanoseconds: 0 };

/** Two digits as a number; NaN when they are none, which fails every range check. */
function two(bytes: Uint8Array, at: number): number {
  const high = bytes[at]! - 0x30;
  const low = bytes[at + 1]! - 0x30;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN;
}

/** Days since 1970-01-01; NaN when there is no such day. */
function dayNumber(year: number, month: number, day: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > (isLeap && month === 2 ? 29 : DAYS_OF_MONTH[month - 1]!)) return Number.NaN;
  const leapDays =
    Math.floor((year + 3) / 4) - Math.floor((year + 99) / 100) + Math.floor((year + 399) / 400);
  const inYear = DAYS_BEFORE[month - 1]! + (isLeap && month > 2 ? 1 : 0) + day - 1;
  return year * 365 + leapDays + inYear - EPOCH_DAY;
}

/** Minutes that an offset is ahead of UTC; NaN when `[at, end)` is none. */
function offsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at];
  if (sign === 0x5a || sign === 0x7a) return at + 1 === end ? 0 : Number.NaN;
  if ((sign !== 0x2b && sign !== 0x2d) || at + 6 !== end || bytes[at + 3] !== 0x3a) return Number.NaN;
  const hours = two(bytes, at + 1);
  const minutes = two(bytes, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return Number.NaN;
  return (hours * 60 + minutes) * (sign === 0x2d ? -1 : 1);
}

/**
 * Reads the timestamp in `bytes[start, end)` (without quotes) into `into`; false when it is not usable. Strict
 * RFC 3339: years 0000 to 9999 as written, days that exist, 0 to 9 digits of fraction, an offset. `T` and `Z` may be
 * lower-case. The leap second, 23:59:60 UTC, is the last nanosecond of the second before it.
 */
export function readTimestamp(bytes: Uint8Array, start: number, end: number, into: TimeParts): boolean {
  if (end - start < 20 || end - start > LONGEST) return false;
  if (bytes[start + 4] !== 0x2d || bytes[start + 7] !== 0x2d || (bytes[start + 10]! | 0x20) !== 0x74)
    return false;
  if (bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a) return false;
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const days = dayNumber(year, two(bytes, start + 5), two(bytes, start + 8));
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return false;
  let at = start + 19;
  let nanoseconds = 0;
  if (bytes[at] === 0x2e) {
    const first = at + 1;
    at = first;
    for (let unit = 100_000_000; bytes[at]! >= 0x30 && bytes[at]! <= 0x39 && at < end; at++) {
      if (at - first === 9) return false;
      nanoseconds += (bytes[at]! - 0x30) * unit;
      unit /= 10;
    }
    if (at === first) return false;
  }
  const minutes = days * MINUTES_A_DAY + hour * 60 + minute - offsetMinutes(bytes, at, end);
  if (Number.isNaN(minutes)) return false;
  const isLeapSecond = second === 60;
  if (isLeapSecond && (minutes + 1) % MINUTES_A_DAY !== 0) return false;
  into.seconds = minutes * 60 + (isLeapSecond ? 59 : second);
  into.nanoseconds = isLeapSecond ? 999_999_999 : nanoseconds;
  return true;
}

/** An instant as one number. */
export function toNanos({ seconds, nanoseconds }: TimeParts): Nanos {
  return BigInt(seconds) * SECOND + BigInt(nanoseconds);
}

/** The instant in `bytes[start, end)`, as {@link readTimestamp} takes it; undefined when it is not usable. */
export function timestampAt(bytes: Uint8Array, start: number, end: number): Nanos | undefined {
  return readTimestamp(bytes, start, end, parts) ? toNanos(parts) : undefined;
}

/** The instant that `timestamp` names, as {@link readTimestamp} takes it; undefined when it is not usable. */
export function parseTimestamp(timestamp: string): Nanos | undefined {
  if (timestamp.length > LONGEST) return undefined;
  for (let i = 0; i < timestamp.length; i++) {
    const unit = timestamp.charCodeAt(i);
    if (unit > 0x7f) return undefined;
    text[i] = unit;
  }
  return timestampAt(text, 0, timestamp.length);
}

/** 0001-01-01T00:00:00Z */
const EARLIEST: Nanos = -62_135_596_800n * SECOND;
/** 10000-01-01T00:00:00Z */
const BEHIND_LATEST: Nanos = 253_402_300_800n * SECOND;

/** `at` for a message: as {@link formatTimestamp}, and in nanoseconds where RFC 3339 has no form for it. */
export function describeInstant(at: Nanos): string {
  return at < EARLIEST || at >= BEHIND_LATEST ? `${at} ns since 1970` : formatTimestamp(at);
}

/**
 * `at` in canonical RFC 3339: UTC with `Z`, the fraction in 0, 3, 6 or 9 digits, as few as keep all of it.
 * Throws RangeError for instants outside of the years 0001 to 9999.
 */
export function formatTimestamp(at: Nanos): string {
  if (at < EARLIEST || at >= BEHIND_LATEST) {
    throw new RangeError(
      `the instant ${at} ns lies outside of the years 0001 to 9999 and has no RFC 3339 form`,
    );
  }
  const sinceEarliest = at - EARLIEST;
  const fraction = Number(sinceEarliest % SECOND);
  const seconds = Number((at - BigInt(fraction)) / SECOND);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (fraction === 0) return `${whole}Z`;
  const digits = String(fraction).padStart(9, '0');
  const kept = fraction % 1_000_000 === 0 ? 3 : fraction % 1000 === 0 ? 6 : 9;
  return `${whole}.${digits.slice(0, kept)}Z`;
}
