/** Longest wait that a server may ask for, milliseconds: beyond it we look again. */
export const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * Reads a `Retry-After` header field (RFC 9110: seconds, or an HTTP date): milliseconds from 0 to
 * {@link LONGEST_WAIT_MS}, or undefined when it is absent or neither of both.
 *
 * @param serverMs the server's clock; a date is measured against it, so that skew does not matter
 */
export function retryAfterMs(value: string | undefined, serverMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const waitMs = /^\d+(\.\d+)?$/.test(text)
    ? Number(text) * 1000
    : (httpDateMs(text) ?? Number.NaN) - serverMs;
  if (Number.isNaN(waitMs)) return undefined;
  return Math.min(Math.max(0, waitMs), LONGEST_WAIT_MS);
}

/** An HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`) in milliseconds; undefined when absent or anything else. */
export function httpDateMs(value: string | undefined): number | undefined {
  if (
    value === undefined ||
    !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)
  ) {
    return undefined;
  }
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
