import type { Nanos } from '../event/span.ts';

/** What is kept of an entry that was added while the log runs. */
export interface Added {
  /** Event time. */
  readonly instant: Nanos;
  /** When the service shows it, milliseconds since the epoch; `-Infinity` when at once. */
  readonly visibleFromMs: number;
  /** Number for the cast; stands for the content when `bytes` are absent. */
  readonly number: number;
  /** The entry as it was handed in. */
  readonly bytes: Uint8Array | undefined;
}

/** Where an index of the whole log leads. */
export type Place = { readonly added: Added } | { readonly base: number };

/** The entries that were added to a log, ordered by event time; among equals the later added is behind. */
export class HistoryTail {
  readonly #entries: Added[] = [];
  /** Entries of the base at or before each added entry. Never falls. */
  readonly #baseBefore: number[] = [];

  /** How many were added. */
  get length(): number {
    return this.#entries.length;
  }

  /** Adds an entry; `baseBefore` is how many entries of the base are at or before its event time. */
  insert(entry: Added, baseBefore: number): void {
    const at = this.#first(({ instant }) => instant > entry.instant);
    this.#entries.splice(at, 0, entry);
    this.#baseBefore.splice(at, 0, baseBefore);
  }

  /** What is at `index` of base and tail together. */
  placeOf(index: number): Place {
    const at = this.#first((_, k) => this.#baseBefore[k]! + k >= index);
    const added = this.#entries[at];
    return added !== undefined && this.#baseBefore[at]! + at === index ? { added } : { base: index - at };
  }

  /** How many were added with an event time before `instant`. */
  countBefore(instant: Nanos): number {
    return this.#first((entry) => entry.instant >= instant);
  }

  /** The first place for which `reached` is true; it stays true behind. */
  #first(reached: (entry: Added, place: number) => boolean): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reached(this.#entries[middle]!, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
