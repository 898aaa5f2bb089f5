import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Random } from './clock.ts';

/** The longest delay a timer can hold: Node fires longer ones at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** {@link Clock} of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
  deadline,
};

/** {@link Random} of the machine. */
export const systemRandom: Random = {
  float: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
};

/** A timer may fire a little early, and holds no more than {@link LONGEST_TIMER_MS}: what is left is slept again. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const endMs = performance.now() + ms;
  try {
    for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
      await wait(timerMs(leftMs), undefined, signal === undefined ? {} : { signal });
    }
    signal?.throwIfAborted();
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

function deadline(ms: number, parent?: AbortSignal): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const endMs = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const onTimer = (): void => {
    if (performance.now() < endMs) {
      arm();
      return;
    }
    done();
    controller.abort(new DOMException(`The time limit of ${ms} ms is over.`, 'TimeoutError'));
  };
  const arm = (): void => {
    timer = setTimeout(onTimer, timerMs(endMs - performance.now()));
  };
  const onParent = (): void => {
    done();
    controller.abort(parent?.reason);
  };
  const done = (): void => {
    clearTimeout(timer);
    parent?.removeEventListener('abort', onParent);
  };
  arm();
  if (parent?.aborted) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  return { signal: controller.signal, done };
}

function timerMs(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms)), LONGEST_TIMER_MS);
}
