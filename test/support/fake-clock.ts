import type { Clock } from '../../src/runtime/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** Options of a {@link FakeClock}. */
export interface FakeClockOptions {
  /** Wall clock at the start, milliseconds. Default 2026-01-01T00:00:00Z. */
  nowMs?: number;
  /**
   * When true, time moves on by itself to the end of the earliest sleep as soon as nothing else is due in this
   * process. Input and output under way do not hold it up; deadlines alone never move it. Default false.
   */
  auto?: boolean;
}

/**
 * A manual {@link Clock}: time stands still until the test moves it, and sleeps and deadlines fire in the order in
 * which they are due.
 */
export class FakeClock implements Clock {
  readonly #auto: boolean;
  readonly #sleeps = new Set<Timer>();
  readonly #deadlines = new Set<Timer>();
  #offsetMs: number;
  #monotonicMs = 0;
  #moving = false;

  constructor(options: FakeClockOptions = {}) {
    this.#offsetMs = options.nowMs ?? Date.UTC(2026, 0, 1);
    this.#auto = options.auto ?? false;
  }

  nowMs(): number {
    return this.#offsetMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Sleeps that have not ended. */
  get sleeping(): number {
    return this.#sleeps.size;
  }

  /** Deadlines that were not released. */
  get deadlines(): number {
    return this.#deadlines.size;
  }

  /** How long until the earliest sleep ends, milliseconds; undefined when nothing sleeps. */
  get nextSleepMs(): number | undefined {
    const next = earliest(this.#sleeps);
    return next === undefined ? undefined : next.dueMs - this.#monotonicMs;
  }

  /** Moves the wall clock alone, either way. */
  jump(ms: number): void {
    this.#offsetMs += ms;
  }

  /** Lets `ms` milliseconds pass, firing what is due on the way. What that sets in motion settles in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      await settle();
      const next = earliest([...this.#sleeps, ...this.#deadlines]);
      if (next === undefined || next.dueMs > untilMs) break;
      this.#fire(next);
    }
    this.#monotonicMs = untilMs;
    await settle();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        this.#sleeps.delete(timer);
        reject(signal?.reason);
      };
      const fire = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const timer: Timer = { dueMs: this.#monotonicMs + Math.max(0, ms), fire };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleeps.add(timer);
      if (this.#auto) void this.#moveOn();
    });
  }

  deadline(ms: number, parent?: AbortSignal): { signal: AbortSignal; done: () => void } {
    const controller = new AbortController();
    const onParent = (): void => controller.abort(parent?.reason);
    const timer: Timer = {
      dueMs: this.#monotonicMs + ms,
      fire: () => controller.abort(new DOMException(`${ms} ms are over`, 'TimeoutError')),
    };
    this.#deadlines.add(timer);
    if (parent?.aborted) onParent();
    else parent?.addEventListener('abort', onParent, { once: true });
    const done = (): void => {
      this.#deadlines.delete(timer);
      parent?.removeEventListener('abort', onParent);
    };
    return { signal: controller.signal, done };
  }

  #fire(timer: Timer): void {
    this.#monotonicMs = Math.max(this.#monotonicMs, timer.dueMs);
    this.#sleeps.delete(timer);
    this.#deadlines.delete(timer);
    timer.fire();
  }

  async #moveOn(): Promise<void> {
    if (this.#moving) return;
    this.#moving = true;
    for (;;) {
      await settle();
      const sleep = earliest(this.#sleeps);
      if (sleep === undefined) break;
      const deadline = earliest(this.#deadlines);
      this.#fire(deadline !== undefined && deadline.dueMs < sleep.dueMs ? deadline : sleep);
    }
    this.#moving = false;
  }
}

/** The earliest timer; of equal ones the first that was set. */
function earliest(timers: Iterable<Timer>): Timer | undefined {
  let found: Timer | undefined;
  for (const timer of timers) if (found === undefined || timer.dueMs < found.dueMs) found = timer;
  return found;
}

/** Lets everything run that needs no time to pass. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
