import { type ConnectorError, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** Answers that are no answers of the API alarm after so many attempts: a blip is nobody's business. */
const ALARM_AFTER = 5;

/** Tells that a request failed for the `attempt`th time: as an error when it does not mend itself, else as a warning. */
export function tellRetry(log: Log, error: ConnectorError, attempt: number, waitMs: number): void {
  const level = needsOperator(error, attempt) ? 'error' : 'warn';
  const fields = { err: error, code: error.code, attempt, wait_ms: Math.round(waitMs) };
  log[level](fields, 'request failed: it is tried again');
}

function needsOperator(error: ConnectorError, attempt: number): boolean {
  const { code } = error;
  if (code === 'source.tls' || code === 'source.redirect' || code === 'source.broken.unknown_status')
    return true;
  return attempt >= ALARM_AFTER && (hasCode(error, 'source.broken') || code === 'source.proxy_page');
}
