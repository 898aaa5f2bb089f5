import type { Span } from '../event/span.ts';
import { SegmentIndex } from './segment-index.ts';
import type { SegmentHeader, SegmentSummary } from './types.ts';

/** Headers read at once while the index is built. */
const PARALLEL = 16;

/** Which segments a journal holds. */
export interface HeldSegments {
  /** Numbers below `begins` that retention keeps, ascending. */
  readonly kept: readonly number[];
  /** From here on all numbers up to `head` are there. */
  readonly begins: number;
  readonly head: number;
}

/** A {@link SegmentIndex} built from headers when it is first asked, and kept up from then on. */
export class LazyIndex {
  readonly #held: () => HeldSegments;
  readonly #headerOf: (n: number) => Promise<SegmentHeader | undefined>;
  #index: SegmentIndex | undefined;
  #building: Promise<void> | undefined;
  #generation = 0;

  /**
   * @param held what there is at the time of the call
   * @param headerOf reads a header; undefined when the segment was removed meanwhile
   */
  constructor(held: () => HeldSegments, headerOf: (n: number) => Promise<SegmentHeader | undefined>) {
    this.#held = held;
    this.#headerOf = headerOf;
  }

  /** See `Journal.touching`. Throws what reading headers throws; the next call then starts over. */
  async touching(span: Span): Promise<SegmentSummary[]> {
    while (this.#index === undefined) {
      this.#building ??= this.#build().finally(() => {
        this.#building = undefined;
      });
      await this.#building;
    }
    return this.#index.touching(span);
  }

  /** A segment was added behind all others; while the index is being built, `held` tells. */
  add(header: SegmentHeader): void {
    this.#index?.add(header);
  }

  /** What was there has changed: everything is read anew when it is next needed. */
  reset(): void {
    this.#index = undefined;
    this.#generation += 1;
  }

  async #build(): Promise<void> {
    const generation = this.#generation;
    const index = new SegmentIndex();
    const { kept, begins } = this.#held();
    for (let i = 0; i < kept.length; i += PARALLEL) await this.#read(kept.slice(i, i + PARALLEL), index);
    for (let n = begins; n <= this.#held().head && generation === this.#generation; ) {
      const length = Math.min(PARALLEL, this.#held().head - n + 1);
      await this.#read(
        Array.from({ length }, (_, i) => n + i),
        index,
      );
      n += length;
    }
    if (generation === this.#generation) this.#index = index;
  }

  async #read(numbers: readonly number[], index: SegmentIndex): Promise<void> {
    const headers = await Promise.all(numbers.map(this.#headerOf));
    for (const header of headers) if (header !== undefined) index.add(header);
  }
}
