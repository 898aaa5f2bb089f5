import type { Clock, Random } from '../../src/runtime/clock.ts';
import { prng } from './prng.ts';

/** A clock that stands still until it is moved; a sleep moves it to its end at once. */
export class SteppingClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Lets `ms` milliseconds pass. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#monotonicMs += ms;
  }

  /** The wall clock jumps; the monotonic one does not. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await Promise.resolve();
    this.advance(ms);
  }

  deadline(_ms: number, parent?: AbortSignal): { signal: AbortSignal; done: () => void } {
    return { signal: parent ?? new AbortController().signal, done: () => {} };
  }
}

/** {@link Random} from a seed. */
export function seededRandom(seed: number): Random {
  const float = prng(seed);
  return {
    float,
    hex: (bytes) =>
      Array.from({ length: bytes }, () =>
        Math.floor(float() * 256)
          .toString(16)
          .padStart(2, '0'),
      ).join(''),
  };
}
