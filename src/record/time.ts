import { type Nanos, SECOND, toMs } from '../event/span.ts';
import { parseTimestamp } from '../event/timestamp.ts';
import type { Count } from './parse.ts';

/** Marks on a record whose time is not what it seems; they become tags (ECS) and labels (OCSF). */
export type TimeMark = 'clarifai-undated' | 'clarifai-future-dated' | 'clarifai-time-out-of-range';

/** The time of a record. */
export interface RecordTime {
  /** What the record is filed under: event time, or the read time where it must stand in. UTC with `Z`. */
  readonly stamp: string;
  /** `stamp` as an instant. */
  readonly at: Nanos;
  /** Event date `YYYY-MM-DD` in UTC; undefined without a usable event time. */
  readonly date: string | undefined;
  /** Read time, milliseconds. */
  readonly readMs: number;
  /** False when the read time stands in. */
  readonly own: boolean;
  /** What is odd about the event time; empty for nearly all. */
  readonly marks: readonly TimeMark[];
}

/** An event this much later than its reading is future-dated; less is clock skew. */
const SKEW: Nanos = 300n * SECOND;

/** Instants outside cannot be indexed: `date_nanos` holds 1970 to 2262, OCSF times start at 1970. */
const EARLIEST: Nanos = 0n;
const LATEST: Nanos = 9_223_372_036n * SECOND;

const NO_MARKS: readonly TimeMark[] = [];

/**
 * A valid RFC 3339 text in canonical form: UTC with `Z`, every digit of the fraction kept, a leap second as the
 * last nanosecond before it. Undefined when UTC moves it out of the years 0000 to 9999.
 *
 * @param text a text that `parseTimestamp` takes
 * @param at what it gave
 */
export function canonicalTime(text: string, at: Nanos): string | undefined {
  const leap = text.startsWith('60', 17);
  if (!leap && text.endsWith('Z') && text[10] === 'T') return text;
  const whole = new Date(toMs(at)).toISOString();
  if (whole.length !== 24) return undefined;
  const fraction = leap ? '.999999999' : (/\.\d+/.exec(text)?.[0] ?? '');
  return `${whole.slice(0, 19)}${fraction}Z`;
}

/** The read time is the same for all entries of a segment: parsed once. */
let lastRead = { text: '', at: 0n, ms: 0 };

function readReadTime(text: string): typeof lastRead {
  if (lastRead.text !== text) {
    const at = parseTimestamp(text) ?? 0n;
    lastRead = { text, at, ms: toMs(at) };
  }
  return lastRead;
}

/**
 * The time of a record.
 *
 * @param text the entry's timestamp as it came; undefined when it has none
 * @param readTime when the entry was read, RFC 3339: stands in for an event time that is missing or out of range
 */
export function recordTime(text: string | undefined, readTime: string): RecordTime {
  const { at: read, ms: readMs } = readReadTime(readTime);
  const at = text === undefined ? undefined : parseTimestamp(text);
  const canonical = at === undefined ? undefined : canonicalTime(text!, at);
  if (at === undefined || canonical === undefined) {
    return { stamp: readTime, at: read, readMs, date: undefined, own: false, marks: ['clarifai-undated'] };
  }
  const date = canonical.slice(0, 10);
  const future = at > read + SKEW;
  if (at < EARLIEST || at >= LATEST) {
    const marks: TimeMark[] = ['clarifai-time-out-of-range'];
    if (future) marks.push('clarifai-future-dated');
    return { stamp: readTime, at: read, readMs, date, own: false, marks };
  }
  return {
    stamp: canonical,
    at,
    readMs,
    date,
    own: true,
    marks: future ? ['clarifai-future-dated'] : NO_MARKS,
  };
}

/** Event date `YYYY-MM-DD` in UTC of a timestamp as it came; undefined when it is not usable. */
export function eventDate(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const at = parseTimestamp(text);
  return at === undefined ? undefined : canonicalTime(text, at)?.slice(0, 10);
}

/** Counts what is odd about an event time. */
export function countTime(time: RecordTime, count: Count): void {
  for (const mark of time.marks) count(mark.slice('clarifai-'.length).replaceAll('-', '_'));
}
