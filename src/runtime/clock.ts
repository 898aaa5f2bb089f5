/**
 * Time, as the core sees it. Everything but `main` gets its clock handed in, so that a simulator can run
 * years of polling in seconds.
 */
export interface Clock {
  /** Wall clock in milliseconds since 1970-01-01T00:00:00Z. May jump either way. */
  nowMs(): number;
  /** Monotonic clock in milliseconds from an arbitrary start. Never goes back. */
  monotonicMs(): number;
  /**
   * Waits `ms` milliseconds by the monotonic clock. Rejects with `signal.reason` as soon as `signal` aborts.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * A signal that aborts after `ms` milliseconds with a `TimeoutError`, or with `parent`'s reason when `parent` aborts.
   * `done` releases its timer and must be called when the guarded work has ended.
   */
  deadline(ms: number, parent?: AbortSignal): { signal: AbortSignal; done: () => void };
}

/** Randomness, handed in like {@link Clock}. */
export interface Random {
  /** A float in [0, 1), for jitter. */
  float(): number;
  /** `bytes` random bytes as lower-case hex, for chain ids. */
  hex(bytes: number): string;
}
