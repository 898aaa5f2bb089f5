import { retryAfterMs } from '../http/retry-after.ts';
import { ConnectorError, type ConnectorErrorOptions, ExitCode } from '../runtime/errors.ts';
import type { SearchReply } from './search-client.ts';

/** What a server says of a failure: `error` of its answer. */
export interface SearchFault {
  /** `mapper_parsing_exception` and the like; empty when it says none. */
  readonly type: string;
  readonly reason: string;
}

/** Longest piece of the server's words in a message, characters. */
const MAX_WORDS = 200;

/** Reads `error` of an answer or of an item: an object with `type` and `reason`, or a text. */
export function faultOf(value: unknown): SearchFault {
  const error = isObject(value) ? value.error : undefined;
  if (typeof error === 'string') return { type: '', reason: printable(error) };
  if (!isObject(error)) return { type: '', reason: typeof value === 'string' ? printable(value) : '' };
  const causes = Array.isArray(error.root_cause) ? error.root_cause : [];
  const cause: unknown = isObject(error.caused_by) ? error.caused_by : causes[0];
  const reason = textOf(error.reason);
  const deeper = isObject(cause) ? textOf(cause.reason) : '';
  return {
    type: printable(textOf(error.type)),
    reason: printable(deeper === '' || deeper === reason ? reason : `${reason}: ${deeper}`),
  };
}

/** Whether a fault is a block: of an index (write, read-only), of a full disk, or of the whole cluster. */
export function isBlock({ type }: SearchFault): boolean {
  return type === 'cluster_block_exception';
}

/**
 * Types a whole answer that is no success. The codes: `sink.too_large`, `sink.busy`, `sink.blocked`,
 * `sink.unavailable` (retryable but for the first), `sink.refused`, `sink.missing`, `sink.bad_request`,
 * `sink.redirect` (not retryable).
 *
 * @param what which request it was, for messages
 */
export function replyError(reply: SearchReply, what: string): ConnectorError {
  const { status } = reply;
  const fault = faultOf(reply.body);
  const words = [`HTTP ${status}`, fault.type, fault.reason].filter((text) => text !== '').join(', ');
  const make = (code: string, advice: string, more: Partial<ConnectorErrorOptions> = {}) =>
    new ConnectorError(`${what} failed (${words}). ${advice}`, { code: `sink.${code}`, ...more });
  const waitMs = retryAfterMs(reply.retryAfter, Number.NaN);
  const retry = { retryable: true, ...(waitMs === undefined ? {} : { waitMs }) };
  if (status === 413) return make('too_large', 'Half as many records are sent.');
  if (isBlock(fault)) {
    return make(
      'blocked',
      'Writes are blocked: look at the disk space and the blocks of the cluster.',
      retry,
    );
  }
  if (status === 429)
    return make('busy', 'The cluster is busy; half as many records are tried again.', retry);
  if (status >= 500 || status === 408) return make('unavailable', 'It is tried again.', retry);
  if (status === 401) {
    return make(
      'refused',
      'Check the credentials of this sink: they are wrong, expired or revoked.',
      refused,
    );
  }
  if (status === 403) {
    return make(
      'refused',
      'Give the user or key of this sink the privileges that docs/sinks.md names.',
      refused,
    );
  }
  if (status === 404) return make('missing', 'Run `clarifai-siem-export setup` first.', refused);
  if (status >= 300 && status <= 399) {
    return make('redirect', 'Redirects are not followed: check nodes, and whether a proxy answers.', refused);
  }
  return make('bad_request', 'Check the version of the server, and what stands before it.', refused);
}

const refused = { exitCode: ExitCode.config };

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function printable(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]/g, ' ')
    .slice(0, MAX_WORDS)
    .trim();
}

/** Whether `value` is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
