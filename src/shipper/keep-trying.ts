import type { Clock, Random } from '../runtime/clock.ts';
import { hasCode } from '../runtime/errors.ts';
import { retrying } from '../runtime/retry.ts';
import type { Health, Part } from './health.ts';

/** First wait after a retryable failure, before jitter, milliseconds. */
const BASE_MS = 500;
/** Longest wait after a retryable failure, milliseconds. */
const CAP_MS = 30_000;
/** Wait after a failure that trying again does not mend, milliseconds. */
export const STOPPED_MS = 60_000;

/** What {@link keepTrying} works with. */
export interface Persistence {
  readonly clock: Clock;
  readonly random: Random;
  readonly health: Health;
}

/**
 * Runs `attempt` until it succeeds, for ever: retryable errors with back-off, others with an alarm and every
 * minute. Throws only `shipper.fenced`, `sink.range_lost` (the range in hand has to come again from its start), and
 * `signal.reason` on abort; an attempt under way is awaited first, and when it succeeds, that counts.
 */
export async function keepTrying<T>(
  part: Part,
  attempt: () => Promise<T>,
  { clock, random, health }: Persistence,
  signal: AbortSignal,
): Promise<T> {
  const onRetry = (error: unknown, _: number, waitMs: number) => health.retrying(part, error, waitMs);
  const options = { clock, random, signal, baseMs: BASE_MS, capMs: CAP_MS, onRetry };
  for (;;) {
    try {
      const result = await retrying(attempt, options);
      health.fine(part);
      return result;
    } catch (error) {
      if (signal.aborted || hasCode(error, 'shipper.fenced') || hasCode(error, 'sink.range_lost'))
        throw error;
      health.stopped(part, error);
      await clock.sleep(STOPPED_MS, signal);
    }
  }
}
