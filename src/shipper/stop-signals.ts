import type { Clock } from '../runtime/clock.ts';

/** How a shipper is told to stop: first softly, then for good. */
export interface StopSignals {
  /** Aborts when it is told to stop: nothing new is begun, waiting ends. */
  readonly soft: AbortSignal;
  /** Aborts some time later: what was under way is given up. */
  readonly hard: AbortSignal;
  /** Releases timer and listener. */
  readonly done: () => void;
}

/** The hard signal follows `soft` after `graceMs`: the write in hand may end, its position be saved. */
export function stopSignals(soft: AbortSignal, clock: Clock, graceMs: number): StopSignals {
  const hard = new AbortController();
  let release = () => {};
  const begin = () => {
    const grace = clock.deadline(graceMs);
    const end = () => hard.abort(grace.signal.reason);
    grace.signal.addEventListener('abort', end, { once: true });
    release = () => {
      grace.signal.removeEventListener('abort', end);
      grace.done();
    };
  };
  if (soft.aborted) begin();
  else soft.addEventListener('abort', begin, { once: true });
  const done = () => {
    soft.removeEventListener('abort', begin);
    release();
  };
  return { soft, hard: hard.signal, done };
}

/** Waits for `work` at most until `signal` aborts; then rejects with its reason, and what `work` does is ignored. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => {});
    throw signal.reason;
  }
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
