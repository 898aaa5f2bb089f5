import pRetry from 'p-retry';
import type { Clock, Random } from './clock.ts';
import { ConnectorError } from './errors.ts';

/** Options of {@link retrying}. */
export interface RetryOptions {
  /** Waits between attempts. */
  readonly clock: Clock;
  /** Jitter. */
  readonly random: Random;
  /** Ends the retries: rejects with its reason, except when the attempt under way succeeds. */
  readonly signal: AbortSignal;
  /** Upper bound of the first wait, milliseconds; it doubles with every attempt. Default 1,000. */
  readonly baseMs?: number;
  /** Upper bound of any wait but one that the error asks for, milliseconds. Default 60,000. */
  readonly capMs?: number;
  /** Told before each wait. `attempt` is the number of failed attempts so far, from 1. */
  readonly onRetry?: (error: ConnectorError, attempt: number, waitMs: number) => void;
}

/**
 * Calls `fn` until it succeeds. A retryable {@link ConnectorError} is tried again for ever, with full-jitter
 * exponential back-off and never earlier than the error's `waitMs`; every other error is thrown at once.
 *
 * p-retry gets neither a timer (`minTimeout: 0`) nor the signal: it would reject a success that came while the
 * signal aborted. Abort is looked at here.
 */
export async function retrying<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, signal, onRetry } = options;
  signal.throwIfAborted();
  return await pRetry(fn, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 0,
    onFailedAttempt: async ({ error, attemptNumber }) => {
      signal.throwIfAborted();
      if (!(error instanceof ConnectorError) || !error.retryable) throw error;
      const waitMs = Math.max(backoffMs(attemptNumber, options), error.waitMs ?? 0);
      onRetry?.(error, attemptNumber, waitMs);
      await clock.sleep(waitMs, signal);
    },
  });
}

/** Full jitter: anything between 0 and the bound of this attempt, so that clients that failed together part. */
function backoffMs(attempt: number, options: RetryOptions): number {
  const { random, baseMs = 1_000, capMs = 60_000 } = options;
  return random.float() * Math.min(capMs, baseMs * 2 ** (attempt - 1));
}
