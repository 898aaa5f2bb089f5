import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/runtime/clock.ts';

/** A clock that runs `scale` times as fast as the machine's, so that waits of minutes cost a test little. */
export class ScaledClock implements Clock {
  readonly #startMs: number;
  readonly #scale: number;
  readonly #zero = performance.now();

  constructor(startMs: number, scale: number) {
    this.#startMs = startMs;
    this.#scale = scale;
  }

  nowMs(): number {
    return Math.floor(this.#startMs + this.monotonicMs());
  }

  monotonicMs(): number {
    return (performance.now() - this.#zero) * this.#scale;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    try {
      await sleep(ms / this.#scale, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  }

  deadline(ms: number, parent?: AbortSignal): { signal: AbortSignal; done: () => void } {
    const control = new AbortController();
    const timer = setTimeout(
      () => control.abort(new DOMException('too late', 'TimeoutError')),
      ms / this.#scale,
    );
    const onParent = (): void => control.abort(parent!.reason);
    if (parent?.aborted) onParent();
    parent?.addEventListener('abort', onParent, { once: true });
    return {
      signal: control.signal,
      done: () => {
        clearTimeout(timer);
        parent?.removeEventListener('abort', onParent);
      },
    };
  }
}
