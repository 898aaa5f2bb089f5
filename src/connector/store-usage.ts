import type { Clock } from '../runtime/clock.ts';
import type { Store, StoreSpace } from '../store/store.ts';

/** Sizes are measured anew at most this often, milliseconds. */
const MEASURE_EVERY_MS = 15_000;
/** Measuring means looking at every object: it is left alone for this many times as long as it took. */
const REST = 1_000;

/** What a store takes, and what room it has. */
export interface Usage {
  /** Bytes of all that the store holds. */
  readonly bytes: number;
  /** Bytes of each source's journal. */
  readonly journals: ReadonlyMap<string, number>;
  /** Undefined when the store has no file system below it. */
  readonly space: StoreSpace | undefined;
}

/** Measures a store now and again. */
export class StoreUsage {
  readonly #store: Store;
  readonly #sources: readonly string[];
  readonly #clock: Clock;
  #measured: Promise<Omit<Usage, 'space'>> | undefined;
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(store: Store, sources: readonly string[], clock: Clock) {
    this.#store = store;
    this.#sources = sources;
    this.#clock = clock;
  }

  /** Sizes as last measured, and the space as of now. Throws what the store throws. */
  async read(): Promise<Usage> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#measured === undefined || nowMs >= this.#dueMs) {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#measured = this.#measure();
      const tookMs = () => this.#clock.monotonicMs() - nowMs;
      this.#measured.then(
        () => {
          this.#dueMs = nowMs + Math.max(MEASURE_EVERY_MS, tookMs() * REST);
        },
        () => {
          this.#measured = undefined;
        },
      );
    }
    const [sizes, space] = await Promise.all([this.#measured, this.#store.space?.()]);
    return { ...sizes, space };
  }

  async #measure(): Promise<Omit<Usage, 'space'>> {
    const journals = new Map<string, number>();
    for (const source of this.#sources) journals.set(source, await this.#store.size(`${source}/`));
    return { bytes: await this.#store.size(''), journals };
  }
}
