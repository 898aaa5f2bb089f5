import { retryAfterMs } from '../http/retry-after.ts';
import type { TransportResponse } from '../http/transport.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { HEC_CODES } from './splunk-hec-codes.ts';

/** What Splunk said of a request. */
export type HecVerdict =
  /** Splunk has the events. `ackId` names the request where acknowledgement is on. */
  | { readonly kind: 'accepted'; readonly ackId: number | undefined }
  /** The request is too large: half of it may not be. */
  | { readonly kind: 'too_large'; readonly reason: string }
  /**
   * An event is at fault. `number` is where Splunk says it is: counted from 0 or from 1, as the version has it;
   * undefined when it does not say.
   */
  | { readonly kind: 'event'; readonly number: number | undefined; readonly reason: string }
  /** None of the events can be said to be stored. */
  | { readonly kind: 'failed'; readonly error: ConnectorError };

/** A reply, whatever its status. */
export interface HecReply {
  readonly status: number;
  /** The parsed JSON object; undefined when the body is none. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  /** `Retry-After`, as it came. */
  readonly retryAfter: string | undefined;
}

/** Reads the body of a response. */
export function readReply({ status, headers, body }: TransportResponse): HecReply {
  return { status, body: jsonObject(body), retryAfter: headers['retry-after'] };
}

/** Whether a reply refuses the token itself: there may be a newer one. */
export function refusesToken({ status, body }: HecReply): boolean {
  return status === 401 || status === 403 || [1, 2, 3, 4, 21, 22].includes(body?.code as number);
}

/**
 * Judges the reply to events. The errors: `sink.unavailable` and `sink.broken` (retryable), `sink.refused`,
 * `sink.redirect` and `sink.bad_request` (not retryable).
 *
 * @param safe makes foreign text fit for a message
 */
export function judgeReply(reply: HecReply, safe: (text: string) => string): HecVerdict {
  const { status, body } = reply;
  if (status === 413) return { kind: 'too_large', reason: 'larger than Splunk takes (HTTP 413)' };
  const known = HEC_CODES.get(body?.code as number);
  const ok = status >= 200 && status <= 299;
  if (body === undefined || known === undefined) return { kind: 'failed', error: unknownReply(reply, safe) };
  switch (known.fate) {
    case 'accepted':
      if (ok)
        return { kind: 'accepted', ackId: Number.isSafeInteger(body.ackId) ? Number(body.ackId) : undefined };
      return { kind: 'failed', error: unknownReply(reply, safe) };
    case 'event': {
      const number = body['invalid-event-number'];
      return {
        kind: 'event',
        number: Number.isSafeInteger(number) ? Number(number) : undefined,
        reason: wordsOf(reply, safe),
      };
    }
    case 'config':
      return { kind: 'failed', error: refusedError(reply, known.advice!, safe) };
    case 'again':
      return { kind: 'failed', error: unavailableError(reply, safe) };
  }
}

/** What a reply that is no success says of a request that carries no events, as an error. */
export function replyError(reply: HecReply, safe: (text: string) => string): ConnectorError {
  const verdict = judgeReply(reply, safe);
  return verdict.kind === 'failed' ? verdict.error : unknownReply(reply, safe);
}

function wordsOf({ status, body }: HecReply, safe: (text: string) => string): string {
  const { code, text } = body ?? {};
  const words = [`HTTP ${status}`];
  if (typeof code === 'number') words.push(`code ${code}`);
  if (typeof text === 'string') words.push(safe(text));
  return words.join(', ');
}

function refusedError(reply: HecReply, advice: string, safe: (text: string) => string): ConnectorError {
  return new ConnectorError(
    `Splunk refuses (${wordsOf(reply, safe)}): ${advice}. Nothing is lost: events wait in the journal.`,
    { code: 'sink.refused', exitCode: ExitCode.config },
  );
}

function unavailableError(reply: HecReply, safe: (text: string) => string): ConnectorError {
  // Its own clock is not known: a date in Retry-After counts for nothing.
  const waitMs = retryAfterMs(reply.retryAfter, Number.NaN);
  return new ConnectorError(
    `Splunk takes no events at the moment (${wordsOf(reply, safe)}). It is tried again.`,
    { code: 'sink.unavailable', retryable: true, ...(waitMs === undefined ? {} : { waitMs }) },
  );
}

/** A reply that HEC does not make, or whose code is not known: judged by its status. */
function unknownReply(reply: HecReply, safe: (text: string) => string): ConnectorError {
  const { status, body } = reply;
  const words = wordsOf(reply, safe);
  if (status >= 300 && status <= 399) {
    return new ConnectorError(
      `Splunk's answer is a redirect (${words}), which is not followed. Check url, and whether a proxy answers.`,
      { code: 'sink.redirect', exitCode: ExitCode.config },
    );
  }
  if (body === undefined) {
    return new ConnectorError(
      `The answer (${words}) is no JSON object: a proxy or load balancer may have answered. It is tried again.`,
      { code: 'sink.broken', retryable: true },
    );
  }
  if (status === 429 || status >= 500 || status === 408) return unavailableError(reply, safe);
  if (status === 401 || status === 403) {
    return refusedError(reply, 'check the token of this sink, and what stands before Splunk', safe);
  }
  if (status >= 400) {
    return new ConnectorError(
      `Splunk does not understand the request (${words}). Check url: it must be the collector's, without a path.`,
      { code: 'sink.bad_request', exitCode: ExitCode.config },
    );
  }
  return new ConnectorError(
    `The answer (${words}) does not say that the events were accepted. It is tried again.`,
    { code: 'sink.broken', retryable: true },
  );
}

function jsonObject(body: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
