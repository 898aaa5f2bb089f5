import { createHash, type Hash } from 'node:crypto';
import type { Clock } from '../../src/runtime/clock.ts';
import { prng } from '../support/prng.ts';

/** Something that happens at an instant of simulated time. */
interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A process as the machine sees it: it may be killed, or stand still while the world goes on. */
export class Life {
  /** Counts the processes of a simulation. */
  readonly number: number;
  readonly startedMs: number;
  /** Wall clock of its machine minus the true time, milliseconds. */
  skewMs: number;
  dead = false;
  pausedUntilMs = 0;

  constructor(number: number, startedMs: number, skewMs: number) {
    this.number = number;
    this.startedMs = startedMs;
    this.skewMs = skewMs;
  }
}

/** Three instants of a call: it leaves, takes effect, answers. Waits in between, milliseconds. */
export interface Delays {
  readonly toEffectMs: number;
  readonly toAnswerMs: number;
}

/**
 * Simulated time. Everything that happens is an event of one queue, in an order that follows from the seed alone;
 * what an event sets in motion in the process comes to rest before the next one. The trace of all of it is hashed.
 */
export class Engine {
  /** Random draws of the world: the same for the same seed. */
  readonly random: () => number;
  /** True time at the start, milliseconds since 1970. */
  readonly epochMs: number;
  nowMs = 0;
  readonly #queue: Event[] = [];
  readonly #hash: Hash = createHash('sha256');
  readonly #trace: ((line: string) => void) | undefined;
  #order = 0;

  constructor(seed: number, epochMs: number, trace?: (line: string) => void) {
    this.random = prng(seed);
    this.epochMs = epochMs;
    this.#trace = trace;
  }

  /** True wall clock, milliseconds since 1970. */
  get trueMs(): number {
    return this.epochMs + this.nowMs;
  }

  /** SHA-256 of everything that was noted. */
  get traceHash(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Adds a line to the trace. */
  note(text: string): void {
    const line = `${this.nowMs} ${text}\n`;
    this.#hash.update(line);
    this.#trace?.(line);
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1));
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)]!;
  }

  /** Runs `fire` in `ms` milliseconds. Returns what takes it back. */
  after(ms: number, fire: () => void): () => void {
    const event: Event = { atMs: this.nowMs + Math.max(0, Math.ceil(ms)), order: this.#order++, fire };
    push(this.#queue, event);
    let live = true;
    const guarded = event as { fire: () => void };
    guarded.fire = () => {
      if (live) fire();
    };
    return () => {
      live = false;
    };
  }

  /** As {@link after} for what happens in a process: never when it is dead, later when it stands still. */
  afterIn(life: Life, ms: number, fire: () => void): () => void {
    let undo = (): void => {};
    const due = (): void => {
      if (life.dead) return;
      if (life.pausedUntilMs > this.nowMs) undo = this.after(life.pausedUntilMs - this.nowMs, due);
      else fire();
    };
    undo = this.after(ms, due);
    return () => undo();
  }

  /**
   * One call out of a process. The answer reaches the living only.
   *
   * @param outlives whether the effect may take place although the process has died in between: it was on its way
   */
  call<T>(life: Life, delays: Delays, effect: () => T, outlives = false): Promise<T> {
    return new Promise((resolve, reject) => {
      if (life.dead) return;
      this.after(delays.toEffectMs, () => {
        if (life.dead && !(outlives && this.chance(0.5))) return;
        let settle: () => void;
        try {
          const result = effect();
          settle = () => resolve(result);
        } catch (error) {
          settle = () => reject(error);
        }
        this.afterIn(life, delays.toAnswerMs, settle);
      });
    });
  }

  /** Lets time pass until `untilMs`, or until `done`. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    await settled();
    while (!done()) {
      const next = this.#queue[0];
      if (next === undefined || next.atMs > untilMs) break;
      pop(this.#queue);
      this.nowMs = next.atMs;
      next.fire();
      await settled();
    }
    if (!done()) this.nowMs = Math.max(this.nowMs, untilMs);
  }
}

/** How often the product looks for work that commands have left, milliseconds: nearly all of its sleeps. */
const REQUESTS_EVERY_MS = 2_000;

/**
 * The clock of a process.
 *
 * @param requestsEveryMs how often it looks for the work of commands: there is none, and looking costs most of the time
 */
export function clockOf(engine: Engine, life: Life, requestsEveryMs: number): Clock {
  return {
    nowMs: () => engine.trueMs + life.skewMs,
    monotonicMs: () => engine.nowMs - life.startedMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const onAbort = (): void => {
          undo();
          reject(signal?.reason);
        };
        const undo = engine.afterIn(life, ms === REQUESTS_EVERY_MS ? requestsEveryMs : ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        signal?.addEventListener('abort', onAbort, { once: true });
      }),
    deadline: (ms, parent) => {
      const controller = new AbortController();
      const onParent = (): void => controller.abort(parent?.reason);
      const undo = engine.afterIn(life, ms, () =>
        controller.abort(new DOMException('too late', 'TimeoutError')),
      );
      if (parent?.aborted) onParent();
      else parent?.addEventListener('abort', onParent, { once: true });
      const done = (): void => {
        undo();
        parent?.removeEventListener('abort', onParent);
      };
      return { signal: controller.signal, done };
    },
  };
}

/** Everything that needs no time has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(event, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
}
