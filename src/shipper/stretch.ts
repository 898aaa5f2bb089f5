import { floorSecond, SECOND } from '../event/span.ts';
import type { StoredSegment } from '../journal/types.ts';
import type { GatherRule, SegmentRange } from '../sink/sink.ts';

/** More event dates than these go together only as long as they are small: a sink holds one object a date. */
const MAX_DATES = 4;
/** Stored bytes up to which the number of dates does not matter. */
const FEW_BYTES = 2 * 1024 * 1024;
/** Dates of one segment that are counted: one that spans more has far too many in any case. */
const MOST_COUNTED = 32;
const DAY_SECONDS = 86_400n;
const UNDATED = -1n;

/**
 * Segments that follow each other and may go to a gathering sink together. It decides, from headers and sizes
 * alone, how many belong together and how long they may wait.
 */
export class Stretch {
  readonly #rule: GatherRule | 'each';
  readonly #dates = new Set<bigint>();
  #first: number | undefined;
  #last: number;
  #bytes = 0;
  #oldestMs: number | undefined;
  #complete = false;

  /** @param from number of the first segment that may be added */
  constructor(rule: GatherRule | 'each', from: number) {
    this.#rule = rule;
    this.#last = from - 1;
  }

  /** The last segment it reaches to. */
  get last(): number {
    return this.#last;
  }

  /** When the oldest segment with entries was written, milliseconds; undefined without entries. */
  get oldestMs(): number | undefined {
    return this.#oldestMs;
  }

  /** From the first segment with entries on; undefined without entries. */
  get range(): SegmentRange | undefined {
    return this.#first === undefined ? undefined : { first: this.#first, last: this.#last };
  }

  /** Whether nothing more may be added: it is due. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Adds the segment that follows; for the numbers that retention removed, nothing is to be added. */
  add(segment: StoredSegment): void {
    this.#last = segment.n;
    if (segment.count === 0) return;
    this.#first ??= segment.n;
    this.#oldestMs ??= segment.writtenMs;
    this.#bytes += segment.bytes;
    for (const date of datesOf(segment)) this.#dates.add(date);
    const tooManyDates = this.#dates.size > MAX_DATES && this.#bytes > FEW_BYTES;
    this.#complete = this.#rule === 'each' || this.#bytes >= this.#rule.maxBytes || tooManyDates;
  }

  /** How long it may still wait for more, milliseconds; 0 when it is due, undefined without entries. */
  dueInMs(nowMs: number): number | undefined {
    if (this.#oldestMs === undefined) return undefined;
    if (this.#complete || this.#rule === 'each') return 0;
    return Math.max(0, this.#oldestMs + this.#rule.maxAgeMs - nowMs);
  }
}

/** Days since 1970 that the entries of a segment may lie in. */
function datesOf({ kind, first, last }: StoredSegment): bigint[] {
  if (kind === 'undated' || first === undefined || last === undefined) return [UNDATED];
  const dates: bigint[] = [];
  const to = dayOf(last);
  for (let day = dayOf(first); day <= to && dates.length < MOST_COUNTED; day += 1n) dates.push(day);
  return dates;
}

function dayOf(at: bigint): bigint {
  return floorSecond(at) / SECOND / DAY_SECONDS;
}
