import type { Clock } from '../runtime/clock.ts';
import { type ConnectorError, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** The same code at the same level is told at most this often. */
const EVERY_MS = 60_000;
/** Answers that are no answers of the API alarm after so many attempts: a blip is nobody's business. */
const ALARM_AFTER = 5;

/**
 * Tells of retries without flooding the log: at most a line a minute for each code, with the number of those left out.
 * What does not mend itself is an error, not a warning.
 */
export class RetryLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #told = new Map<string, { atMs: number; untold: number }>();

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** A request failed for the `attempt`th time, and is tried again after `waitMs`. */
  retry(error: ConnectorError, attempt: number, waitMs: number): void {
    const level = needsOperator(error, attempt) ? 'error' : 'warn';
    const key = `${level} ${error.code}`;
    const nowMs = this.#clock.monotonicMs();
    const last = this.#told.get(key);
    if (last !== undefined && nowMs - last.atMs < EVERY_MS) {
      last.untold += 1;
      return;
    }
    this.#told.set(key, { atMs: nowMs, untold: 0 });
    const fields = {
      err: error,
      code: error.code,
      attempt,
      waitMs: Math.round(waitMs),
      untold: last?.untold ?? 0,
    };
    this.#log[level](fields, 'request failed: it is tried again');
  }
}

function needsOperator(error: ConnectorError, attempt: number): boolean {
  const { code } = error;
  if (code === 'source.tls' || code === 'source.redirect' || code === 'source.broken.unknown_status')
    return true;
  return attempt >= ALARM_AFTER && (hasCode(error, 'source.broken') || code === 'source.proxy_page');
}
