import type { Clock } from '../runtime/clock.ts';

/**
 * Aborts its signal when nothing got on for a while, or when `parent` aborts. Progress is told by `progress`, or read
 * from a `marker` that changes.
 */
export class Stall {
  readonly #control = new AbortController();
  readonly #done = new AbortController();
  readonly #clock: Clock;
  readonly #limitMs: number;
  #progressMs: number;
  #stalled = false;

  constructor(clock: Clock, limitMs: number, parent: AbortSignal, marker?: () => string) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#progressMs = clock.monotonicMs();
    void this.#watch(parent, marker);
  }

  /** Aborts on a stall, and with its parent. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  /** Whether nothing got on for too long. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** Something got on. */
  progress(): void {
    this.#progressMs = this.#clock.monotonicMs();
  }

  /** Stops watching. */
  end(): void {
    this.#done.abort();
  }

  async #watch(parent: AbortSignal, marker: (() => string) | undefined): Promise<void> {
    const stop = AbortSignal.any([parent, this.#done.signal]);
    let seen = marker?.();
    try {
      for (;;) {
        const leftMs = this.#progressMs + this.#limitMs - this.#clock.monotonicMs();
        if (leftMs <= 0) break;
        await this.#clock.sleep(Math.min(leftMs, 1_000), stop);
        const now = marker?.();
        if (now !== seen) this.progress();
        seen = now;
      }
      this.#stalled = true;
      this.#control.abort(new Error('nothing got on within drain_timeout'));
    } catch {
      if (parent.aborted) this.#control.abort(parent.reason);
    }
  }
}
