import type { Journal } from '../journal/types.ts';
import type { Clock } from '../runtime/clock.ts';
import type { GatherRule, SegmentRange } from '../sink/sink.ts';
import { skipTrimmed } from './start.ts';
import { Stretch } from './stretch.ts';

/** Segments to ship now. */
export interface DueSegments {
  /** The last of them. */
  readonly last: number;
  /** What goes to the sink together; undefined when none of them holds an entry. */
  readonly range: SegmentRange | undefined;
}

/** Nothing is due: look again when segment `segment` is there, or after `ms`; undefined: only then. */
export interface NotDue {
  readonly segment: number;
  readonly ms: number | undefined;
}

/**
 * Decides for a gathering sink which segments go out together, and when. Segments are not unpacked before. Each
 * header is read once, while the journal grows.
 */
export class Gatherer {
  readonly #rule: GatherRule | 'each';
  readonly #journal: Journal;
  readonly #clock: Clock;
  #recorded: SegmentRange | undefined;
  #stretch: Stretch | undefined;

  /** @param recorded the range that was on record at the start: it goes first, whatever `rule` says now */
  constructor(rule: GatherRule | 'each', journal: Journal, clock: Clock, recorded: SegmentRange | undefined) {
    this.#rule = rule;
    this.#journal = journal;
    this.#clock = clock;
    this.#recorded = recorded;
  }

  /** When the oldest segment with entries that waits was written, milliseconds. */
  get oldestMs(): number | undefined {
    return this.#stretch?.oldestMs;
  }

  /**
   * What is due from segment `from` on; the next call is to begin behind it. Throws what the journal throws, and
   * may then be called again.
   *
   * @param hurried somebody waits: what the journal holds is due at once
   */
  async look(from: number, hurried: boolean): Promise<DueSegments | NotDue> {
    if (this.#recorded !== undefined) return this.#takeRecorded(this.#recorded);
    this.#stretch ??= new Stretch(this.#rule, from);
    const stretch = this.#stretch;
    await this.#extend(stretch);
    const { range, last } = stretch;
    const ms = stretch.dueInMs(this.#clock.nowMs());
    const due = range === undefined ? last >= from : hurried || ms === 0;
    if (!due) return { segment: last + 1, ms };
    this.#stretch = undefined;
    return { last, range };
  }

  #takeRecorded(range: SegmentRange): DueSegments {
    this.#recorded = undefined;
    return { last: range.last, range };
  }

  async #extend(stretch: Stretch): Promise<void> {
    const journal = this.#journal;
    while (!stretch.complete && stretch.last < journal.head.n) {
      const { segment } = skipTrimmed(journal, { segment: stretch.last + 1, line: 0 }, 0).position;
      // Undefined when retention is just removing it: then the next look at the journal tells where it begins.
      const stored = await journal.stored(segment);
      if (stored !== undefined) stretch.add(stored);
    }
  }
}
