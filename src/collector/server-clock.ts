import type { Clock } from '../runtime/clock.ts';

/** The `Date` header has whole seconds, and an answer takes a while: less than this is no skew. */
const TOLERANCE_MS = 5_000;

/**
 * Holds the local clock against the `Date` of answers. A local clock that runs ahead would read what is not settled
 * yet: then the server's time counts.
 */
export class ServerClock {
  readonly #clock: Clock;
  #skewMs = 0;
  #heard: { readonly serverMs: number; readonly monotonicMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The earlier of the local and the server's wall clock, milliseconds. */
  nowMs(): number {
    return this.#clock.nowMs() + (this.#skewMs < -TOLERANCE_MS ? this.#skewMs : 0);
  }

  /**
   * As {@link nowMs}, for what cannot be taken back: undefined before the first answer, and not misled by a local
   * clock that has jumped since the last one.
   */
  trustedMs(): number | undefined {
    if (this.#heard === undefined) return undefined;
    const elapsedMs = this.#clock.monotonicMs() - this.#heard.monotonicMs;
    return Math.min(this.#clock.nowMs(), this.#heard.serverMs + elapsedMs + TOLERANCE_MS);
  }

  /** Takes note of an answer's `Date`. */
  observe(serverMs: number | undefined): void {
    // A server that tells no time: ours at its first answer has to do.
    if (serverMs === undefined) this.#heard ??= this.#localNow();
    if (serverMs === undefined) return;
    this.#skewMs = serverMs - this.#clock.nowMs();
    this.#heard = { ...this.#localNow(), serverMs };
  }

  #localNow(): { serverMs: number; monotonicMs: number } {
    return { serverMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() };
  }
}
