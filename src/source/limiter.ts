import type { Clock } from '../runtime/clock.ts';
import type { Priority } from './api.ts';

/** The right to send one request. */
export interface Permit {
  /** Call when the request is written to its connection: from then on the server counts it. */
  sent(): void;
  /** Call when the answer says "too many": everybody waits `waitMs`, and goes on more slowly. */
  throttled(waitMs: number): void;
  /** Call when the answer is a success: a lowered rate rises again. */
  succeeded(): void;
  /** Call when the exchange is over, whatever came of it. Idempotent. */
  release(): void;
}

/** What all requests under one PAT pass, retries included. */
export interface Limiter {
  /** Requests that wait for their turn at this moment. */
  readonly waiting: number;
  /**
   * Waits for its turn: live first, first come first served within a priority. Rejects with `signal.reason` on
   * abort. The request must be sent at once, and `release` be called.
   */
  acquire(priority: Priority, signal: AbortSignal): Promise<Permit>;
}

/** Options of {@link RateLimiter}. */
export interface RateLimiterOptions {
  /** Above 0. */
  readonly requestsPerSecond: number;
  readonly clock: Clock;
}

interface Waiter {
  readonly grant: () => void;
}

const WINDOW_MS = 1_000;
/**
 * Added to the window, so that requests whose way to the server takes differently long cannot meet there in one
 * second. Costs 1.6 % of the rate.
 */
const MARGIN_MS = 16;
/** How much of being late may be made up for, so that late timers cost no throughput. */
const CATCH_UP_MS = 200;
/** Requests that make up for a late one come at this share of the spacing: the window still holds no more. */
const CATCH_UP_SPACING = 0.85;
/** A throttle answer leaves this share of the rate; each success gives back this share of the configured rate. */
const DECREASE = 0.7;
const INCREASE = 0.01;
/** The rate never falls below this share of the configured one. */
const FLOOR = 1 / 64;

/**
 * {@link Limiter} with even spacing: requests are 1000 / rate ms apart, a little less behind a late one, and no
 * window of 1,000 ms (1000 / rate ms for rates below 1) holds more than the rate, by the time at which requests were
 * really sent. A request that was let go but not sent yet, while its connection opens, counts as being sent at any
 * moment. Additive increase, multiplicative decrease.
 */
export class RateLimiter implements Limiter {
  readonly #clock: Clock;
  /** Requests that a window may hold. */
  readonly #perWindow: number;
  readonly #windowMs: number;
  readonly #queues: Record<Priority, Waiter[]> = { live: [], background: [] };
  /** When the requests of the last window were sent, monotonic, ascending. */
  #sentMs: number[] = [];
  #unsent = 0;
  /** The rate now, as a share of the configured one. */
  #share = 1;
  #lastGrantMs = Number.NEGATIVE_INFINITY;
  #plannedMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #lastDecreaseMs = Number.NEGATIVE_INFINITY;
  /** Set while somebody waits; aborting it makes {@link #run} look again. */
  #wake: AbortController | undefined;

  constructor(options: RateLimiterOptions) {
    const { requestsPerSecond, clock } = options;
    this.#clock = clock;
    this.#perWindow = Math.max(1, Math.floor(requestsPerSecond));
    this.#windowMs = Math.max(WINDOW_MS, WINDOW_MS / requestsPerSecond);
  }

  /** The rate at this moment as a share of the configured one: 1 unless throttled. */
  get share(): number {
    return this.#share;
  }

  get waiting(): number {
    return this.#queues.live.length + this.#queues.background.length;
  }

  acquire(priority: Priority, signal: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const queue = this.#queues[priority];
      const onAbort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        this.#lookAgain();
        reject(signal.reason);
      };
      const grant = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(this.#permit());
      };
      const waiter: Waiter = { grant };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.push(waiter);
      if (this.#wake !== undefined) return;
      // Nobody waited: what follows is not late.
      this.#plannedMs = Math.max(this.#plannedMs, this.#clock.monotonicMs());
      void this.#run();
    });
  }

  /** Lets waiters go, one by one, until nobody waits. */
  async #run(): Promise<void> {
    const { live, background } = this.#queues;
    while (live.length + background.length > 0) {
      const wake = new AbortController();
      this.#wake = wake;
      const waitMs = this.#dueMs() - this.#clock.monotonicMs();
      if (waitMs > 0) await this.#pause(waitMs, wake.signal);
      else (live.shift() ?? background.shift())?.grant();
    }
    this.#wake = undefined;
  }

  async #pause(waitMs: number, signal: AbortSignal): Promise<void> {
    try {
      // Only `sent` or `release` can end an endless wait: the window is full of requests not sent yet.
      if (waitMs === Number.POSITIVE_INFINITY)
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
      else await this.#clock.sleep(waitMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #lookAgain(): void {
    this.#wake?.abort();
  }

  /** When the next request may go, monotonic milliseconds. */
  #dueMs(): number {
    return Math.max(
      this.#plannedMs,
      this.#lastGrantMs + this.#spacingMs(0) * CATCH_UP_SPACING,
      this.#pausedUntilMs,
      this.#windowFreeMs(),
    );
  }

  /** When the window has room for one more; infinite while that hangs on requests that are not sent yet. */
  #windowFreeMs(): number {
    const spanMs = this.#windowMs + MARGIN_MS;
    const nowMs = this.#clock.monotonicMs();
    const first = this.#sentMs.findIndex((sentMs) => sentMs + spanMs > nowMs);
    this.#sentMs = first === -1 ? [] : this.#sentMs.slice(first);
    const tooMany = this.#sentMs.length + this.#unsent - this.#perWindow;
    if (tooMany < 0) return Number.NEGATIVE_INFINITY;
    const lastToLeave = this.#sentMs[tooMany];
    return lastToLeave === undefined ? Number.POSITIVE_INFINITY : lastToLeave + spanMs;
  }

  /** Distance between two requests at the rate now. Timers cannot keep a distance below a millisecond. */
  #spacingMs(marginMs: number): number {
    const spacingMs = (this.#windowMs + marginMs) / this.#perWindow / this.#share;
    return spacingMs < 1 ? 0 : spacingMs;
  }

  #permit(): Permit {
    const grantedMs = this.#clock.monotonicMs();
    this.#lastGrantMs = grantedMs;
    this.#plannedMs = Math.max(this.#plannedMs, grantedMs - CATCH_UP_MS) + this.#spacingMs(MARGIN_MS);
    this.#unsent += 1;
    let counted = false;
    const leaveUnsent = (sent: boolean): void => {
      if (counted) return;
      counted = true;
      this.#unsent -= 1;
      if (sent) this.#sentMs.push(this.#clock.monotonicMs());
      this.#lookAgain();
    };
    return {
      sent: () => leaveUnsent(true),
      release: () => leaveUnsent(false),
      succeeded: () => {
        this.#share = Math.min(1, this.#share + INCREASE);
      },
      throttled: (waitMs) => this.#slowDown(grantedMs, waitMs),
    };
  }

  /** Answers to requests that left before the last decrease tell nothing new: one decrease for one overload. */
  #slowDown(grantedMs: number, waitMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + waitMs);
    this.#plannedMs = Math.max(this.#plannedMs, this.#pausedUntilMs);
    if (grantedMs <= this.#lastDecreaseMs) return;
    this.#lastDecreaseMs = nowMs;
    this.#share = Math.max(FLOOR, this.#share * DECREASE);
  }
}
