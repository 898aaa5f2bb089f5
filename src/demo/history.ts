import { fromMs, MICROSECOND, type Nanos } from '../event/span.ts';
import type { AuditLog } from './audit-log.ts';
import { readFacts } from './entry-facts.ts';
import { createCast, factsOf } from './history-cast.ts';
import { createLinks, pullTimes } from './history-links.ts';
import type { OddOptions } from './history-odd.ts';
import { createRenderer } from './history-render.ts';
import { HistoryTail } from './history-tail.ts';
import { createTimes, lowerBound } from './history-times.ts';
import { fraction } from './mix.ts';

export type { Dense, OddOptions } from './history-odd.ts';

/** Options of {@link createHistory}. */
export interface HistoryOptions {
  /** Equal options give equal histories, byte for byte. */
  readonly seed: number;
  /** The organisation whose log it is. */
  readonly userId: string;
  /** Event time of the first entry or a little before, milliseconds since the epoch. */
  readonly fromMs: number;
  /** First instant behind the regular entries, milliseconds since the epoch. */
  readonly toMs: number;
  /** Entries, dense and future ones included. */
  readonly count: number;
  /** Average length of an entry in bytes. Default 1,000, which the facts alone need already: less has no effect. */
  readonly entryBytes?: number;
  /** Odd data. Default none. */
  readonly odd?: OddOptions;
  /** The clock that dates appended entries without a time of their own, milliseconds. Default `Date.now`. */
  readonly nowMs?: () => number;
}

/** An entry for {@link History.append}. */
export interface AppendedEntry {
  /** Event time in milliseconds since the epoch. Default now. */
  readonly atMs?: number;
  /** Event time in nanoseconds; goes before `atMs`. For given bytes it is where the log sorts them. */
  readonly instant?: Nanos;
  /** When the service shows the entry, milliseconds since the epoch. Default at once. */
  readonly visibleFromMs?: number;
  /** The entry's JSON, kept as it is. Default a plausible entry with this event time. */
  readonly bytes?: Uint8Array;
}

/** A generated audit log. Entries are rendered from seed and index when asked for; only their times are held. */
export interface History extends AuditLog {
  /** Adds an entry, at the place in the order that its event time has. Indices behind it rise by one. */
  append(entry: AppendedEntry): void;
  /** Entries that are, byte for byte, the entry before once more. Appended entries are not looked at. */
  twinCount(): number;
}

const DEFAULT_ENTRY_BYTES = 1_000;
const DEFAULT_LATE_MS = 60_000;
const SALT_LATE = 71;
const SALT_DELAY = 72;

/**
 * A deterministic audit log of an organisation of 40 people.
 *
 * @throws RangeError when `toMs` is not after `fromMs`, or `count` has no room for the dense and future entries
 */
export function createHistory(options: HistoryOptions): History {
  const { seed, userId, count, entryBytes = DEFAULT_ENTRY_BYTES, odd = {}, nowMs = Date.now } = options;
  if (!(options.toMs > options.fromMs)) throw new RangeError('A history needs toMs after fromMs.');
  const { instantsUs, fixed, breaks } = createTimes(seed, options.fromMs, options.toMs, count, odd);
  const links = createLinks(seed, count, breaks, odd);
  pullTimes(seed, instantsUs, fixed, links, odd);
  const cast = createCast(seed, userId, entryBytes, links, odd);
  const renderer = createRenderer(seed);
  const tail = new HistoryTail();

  const baseBefore = (instant: Nanos) => lowerBound(instantsUs, microsecondsUp(instant));
  const lateFromMs = (base: number) => {
    if (!(fraction(seed, base, SALT_LATE) < (odd.late ?? 0))) return Number.NEGATIVE_INFINITY;
    const delayMs = (odd.lateMs ?? DEFAULT_LATE_MS) * (1 - fraction(seed, base, SALT_DELAY));
    return Math.ceil(instantsUs[base]! / 1_000 + delayMs);
  };
  const renderAdded = (number: number, instant: Nanos, read: number) => {
    const us = microsecondsDown(instant);
    return renderer.render(cast.partOf(number), us, Number(instant - BigInt(us) * MICROSECOND), read);
  };

  return {
    get length() {
      return count + tail.length;
    },
    instantAt(index) {
      const place = tail.placeOf(index);
      return 'added' in place ? place.added.instant : BigInt(instantsUs[place.base]!) * MICROSECOND;
    },
    visibleFromMs(index) {
      const place = tail.placeOf(index);
      return 'added' in place ? place.added.visibleFromMs : lateFromMs(place.base);
    },
    factsAt(index) {
      const place = tail.placeOf(index);
      if (!('added' in place)) return factsOf(cast.partOf(links.rootOf(place.base)));
      const { bytes, number } = place.added;
      return bytes === undefined ? factsOf(cast.partOf(number)) : readFacts(bytes);
    },
    bytesAt(index, read) {
      const place = tail.placeOf(index);
      if (!('added' in place)) {
        return renderer.render(cast.partOf(links.rootOf(place.base)), instantsUs[place.base]!, 0, read);
      }
      const { bytes, number, instant } = place.added;
      return bytes ?? renderAdded(number, instant, read);
    },
    lowerBound: (instant) => baseBefore(instant) + tail.countBefore(instant),
    append({ atMs, instant = fromMs(atMs ?? nowMs()), visibleFromMs = Number.NEGATIVE_INFINITY, bytes }) {
      const added = { instant, visibleFromMs, number: count + tail.length, bytes };
      tail.insert(added, baseBefore(instant + 1n));
    },
    twinCount() {
      let twins = 0;
      for (let i = 1; i < count; i++) if (links.isTwin(i)) twins++;
      return twins;
    },
  };
}

/** Whole microseconds at or before `instant`. */
function microsecondsDown(instant: Nanos): number {
  const us = instant / MICROSECOND;
  return Number(instant % MICROSECOND < 0n ? us - 1n : us);
}

/** Whole microseconds at or after `instant`. */
function microsecondsUp(instant: Nanos): number {
  return -microsecondsDown(-instant);
}
