import { httpDateMs, retryAfterMs } from '../http/retry-after.ts';
import type { TransportResponse } from '../http/transport.ts';
import { ConnectorError, type ConnectorErrorOptions, ExitCode } from '../runtime/errors.ts';
import { type StatusKind, statusKind } from './status.ts';

/** What an answer says beside its entries. */
export interface AnswerStatus {
  /** `status.code`: a number, or its name. */
  readonly statusCode: number | string | undefined;
  /** `status.description`, or what else it says in words. */
  readonly statusText: string | undefined;
}

/** An answer as it is judged. */
export interface JudgedReply<Parsed extends AnswerStatus> {
  readonly response: TransportResponse;
  /** The body as JSON; undefined when it was not read as JSON. */
  readonly parsed: Parsed | undefined;
}

/** Whom was asked what: for messages, and for what depends on the page. */
export interface JudgeContext {
  /** Source id from the config. */
  readonly source: string;
  readonly baseUrl: string;
  readonly userId: string;
  /** The page asked for. */
  readonly page: number;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  /** Makes foreign text fit for a message: redacted, printable, short. */
  readonly safe: (text: string) => string;
}

/** Least wait after a throttle answer that names none, milliseconds. */
const THROTTLE_WAIT_MS = 1_000;
/** What a person has to mend is not tried again sooner. */
const OPERATOR_WAIT_MS = 60_000;

/**
 * Types what the API answered. Undefined when it is a success; else the error, whose code is in the list of
 * {@link AuditLogApi}, or one that is retried: `source.throttled`, `source.server`, `source.redirect`,
 * `source.proxy_page`, `source.broken`, `source.broken.content_type`, `source.broken.unknown_status`.
 *
 * Both the HTTP status and `status.code` count: an error may come with 200, and a proxy knows no codes.
 */
export function replyError<Parsed extends AnswerStatus & { readonly entries: unknown }>(
  reply: JudgedReply<Parsed>,
  context: JudgeContext,
): ConnectorError | undefined {
  const { response, parsed } = reply;
  const kind = kindOfReply(response.status, statusKind(parsed?.statusCode));
  if (kind === 'redirect') return redirectError(reply, context);
  if (kind === 'throttled') return throttledError(reply, context);
  if (kind === 'pat' || kind === 'scope' || kind === 'user') return refusedError(kind, reply, context);
  if (kind === 'request') return requestError(reply, context);
  if (kind === 'internal') return serverError(reply, context);
  if (parsed === undefined) return foreignPageError(reply, context);
  if (kind === 'unknown') return unknownError(reply, context);
  if (!Array.isArray(parsed.entries)) {
    return retryable('source.broken', `${place(reply, context)} says success but has no "entries".`);
  }
  return undefined;
}

/** A known code decides, except that 3xx and 429 mean what they mean; else the HTTP status does. */
function kindOfReply(status: number, byCode: StatusKind): StatusKind | 'redirect' {
  if (status >= 300 && status <= 399) return 'redirect';
  if (status === 429) return 'throttled';
  if (byCode !== 'success' && byCode !== 'unknown') return byCode;
  if (status === 401) return 'pat';
  if (status === 403) return 'scope';
  if (status === 404) return 'user';
  if (status >= 500 || status === 408) return 'internal';
  return status >= 200 && status <= 299 ? byCode : 'unknown';
}

function refusedError(
  kind: 'pat' | 'scope' | 'user',
  reply: JudgedReply<AnswerStatus>,
  context: JudgeContext,
): ConnectorError {
  const { source, userId } = context;
  const advice = {
    pat: `Check the PAT of source "${source}" (pat or pat_file): it is wrong, expired or revoked.`,
    scope: `Give the PAT of source "${source}" the scope AuditLogs_Get, and its owner the right to read this audit log.`,
    user: `Check user_id "${userId}" and base_url of source "${source}": there is no such user or organisation, or the PAT may not see it.`,
  }[kind];
  const foreign = isHtml(reply.response)
    ? ' A web page came back: a proxy or firewall may have answered.'
    : '';
  return new ConnectorError(`${place(reply, context)} refuses. ${advice}${foreign}`, {
    code: `source.refused.${kind}`,
    exitCode: ExitCode.refused,
  });
}

function requestError(reply: JudgedReply<AnswerStatus>, context: JudgeContext): ConnectorError {
  if (context.page > 1) {
    const message = `${place(reply, context)} refuses page ${context.page}.`;
    return new ConnectorError(message, { code: 'source.page_refused' });
  }
  const message = `${place(reply, context)} refuses the request. Check filter, page_size and base_url of source "${context.source}".`;
  return new ConnectorError(message, { code: 'source.bad_request', exitCode: ExitCode.config });
}

function throttledError(reply: JudgedReply<AnswerStatus>, context: JudgeContext): ConnectorError {
  const waitMs = askedWaitMs(reply.response, context) ?? THROTTLE_WAIT_MS;
  const message = `${place(reply, context)} throttles: waiting at least ${waitMs} ms. Lower requests_per_second when other programs use the same PAT.`;
  return retryable('source.throttled', message, { waitMs });
}

function serverError(reply: JudgedReply<AnswerStatus>, context: JudgeContext): ConnectorError {
  const waitMs = askedWaitMs(reply.response, context);
  return retryable(
    'source.server',
    `${place(reply, context)} has internal trouble.`,
    waitMs === undefined ? {} : { waitMs },
  );
}

function redirectError(reply: JudgedReply<AnswerStatus>, context: JudgeContext): ConnectorError {
  const location = reply.response.headers.location ?? '';
  const base = URL.canParse(location, context.baseUrl)
    ? new URL(location, context.baseUrl).origin
    : 'nowhere';
  const message = `${place(reply, context)} redirects to ${context.safe(base)}. Redirects are not followed, they would carry the PAT along: check base_url, and whether a proxy or SSO answers.`;
  return retryable('source.redirect', message, { waitMs: OPERATOR_WAIT_MS });
}

/** Not JSON, though the status is none that explains it. */
function foreignPageError(reply: JudgedReply<AnswerStatus>, context: JudgeContext): ConnectorError {
  const { response } = reply;
  const excerpt = context.safe(response.body.toString('utf8', 0, 4096));
  if (isHtml(response)) {
    const message = `${place(reply, context)} is a web page: a proxy or SSO answered instead of the API. It begins: ${excerpt}`;
    return retryable('source.proxy_page', message);
  }
  const type = context.safe(response.headers['content-type'] ?? 'none');
  const message = `${place(reply, context)} is not JSON (content type ${type}). It begins: ${excerpt}`;
  return retryable('source.broken.content_type', message);
}

/**
 * A code that this version does not know is no empty page. With 400 beyond page 1 it is taken as what it most likely
 * is, a page that is too deep: partition is then the way on.
 */
function unknownError(reply: JudgedReply<AnswerStatus>, context: JudgeContext): ConnectorError {
  if (reply.response.status === 400 && context.page > 1) return requestError(reply, context);
  const message = `${place(reply, context)} has a status that this version does not know; it is tried again. Look for a newer version if it stays.`;
  return retryable('source.broken.unknown_status', message);
}

function retryable(code: string, message: string, more: Partial<ConnectorErrorOptions> = {}): ConnectorError {
  return new ConnectorError(message, { code, retryable: true, ...more });
}

function askedWaitMs(response: TransportResponse, context: JudgeContext): number | undefined {
  const { headers } = response;
  return retryAfterMs(headers['retry-after'], httpDateMs(headers.date) ?? context.nowMs);
}

/** Who answered what: the beginning of every message. */
function place(reply: JudgedReply<AnswerStatus>, context: JudgeContext): string {
  const { response, parsed } = reply;
  const words = [`HTTP ${response.status}`];
  if (parsed?.statusCode !== undefined) words.push(`code ${context.safe(String(parsed.statusCode))}`);
  if (parsed?.statusText) words.push(`"${context.safe(parsed.statusText)}"`);
  return `The answer of ${context.baseUrl} (${words.join(', ')})`;
}

/** Whether the header field and, where it is silent, the body show a web page. */
export function isHtml(response: TransportResponse): boolean {
  const type = response.headers['content-type'];
  if (type !== undefined && type !== '') return /html/i.test(type);
  return /^\s*</.test(response.body.toString('latin1', 0, 64));
}

/** Whether an answer may be read as JSON: by its content type, or when it has none. */
export function mayBeJson(response: TransportResponse): boolean {
  const type = response.headers['content-type'];
  if (type === undefined || type === '') return !isHtml(response);
  return /^\s*application\/([\w.-]+\+)?json\s*(;|$)/i.test(type);
}
