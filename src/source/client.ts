import type { SourceConfig } from '../config/types.ts';
import { cutAnswer } from '../event/answer.ts';
import type { Answer, Entry } from '../event/entry.ts';
import { httpDateMs } from '../http/retry-after.ts';
import { createSafeText } from '../http/safe-text.ts';
import type { Transport, TransportResponse } from '../http/transport.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { ConnectorError, ExitCode, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { retrying } from '../runtime/retry.ts';
import type { AuditLogApi, Priority, Search } from './api.ts';
import { ClockSkew } from './clock-skew.ts';
import { mayBeJson, replyError } from './errors.ts';
import type { Limiter, Permit } from './limiter.ts';
import { tellRetry } from './retry-log.ts';
import { searchBody } from './search-body.ts';

/** An answer's body, cut into its parts. */
export interface ParsedAnswer {
  /** `status.code`: a number, or its name. */
  readonly statusCode: number | string | undefined;
  /** `status.description`, or what else it says in words. */
  readonly statusText: string | undefined;
  /** `status.req_id`. */
  readonly requestId: string | undefined;
  /** In the order of the answer; undefined when there is no `entries`. */
  readonly entries: readonly Entry[] | undefined;
  /** Gives the memory of the entries' ids back at once; absent where they have none of their own. */
  readonly release?: () => void;
}

/** What the client works with. */
export interface AuditLogApiDeps {
  readonly source: SourceConfig;
  readonly transport: Transport;
  /** Shared by all sources under the same PAT. */
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Cuts a body; throws `source.broken` (retryable) for invalid JSON. Default {@link cutAnswer}. */
  readonly parseAnswer?: (body: Buffer) => ParsedAnswer;
  /** Time limit of one request, milliseconds. Default 60,000. */
  readonly deadlineMs?: number;
  /** Largest answer, bytes, where a search does not say less. Default 32 MiB; beyond it the caller asks for less. */
  readonly maxBytes?: number;
}

const DEADLINE_MS = 60_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** The API of one source over HTTP. See {@link AuditLogApi} for what it throws. */
export function createAuditLogApi(deps: AuditLogApiDeps): AuditLogApi {
  return new AuditLogClient(deps);
}

class AuditLogClient implements AuditLogApi {
  readonly #deps: AuditLogApiDeps;
  readonly #url: string;
  readonly #labels: { readonly source: string };
  readonly #parseAnswer: (body: Buffer) => ParsedAnswer;
  readonly #safe: (text: string) => string;
  readonly #skew: ClockSkew;

  constructor(deps: AuditLogApiDeps) {
    const { source, log, metrics } = deps;
    this.#deps = deps;
    this.#url = `${source.baseUrl}/v2/users/${encodeURIComponent(source.userId)}/audit_log/searches`;
    this.#labels = { source: source.id };
    this.#parseAnswer = deps.parseAnswer ?? cutAnswer;
    this.#safe = createSafeText(() => [source.pat.reveal()]);
    this.#skew = new ClockSkew(source.id, log, metrics);
  }

  get waiting(): number {
    return this.#deps.limiter.waiting;
  }

  async search(search: Search, priority: Priority, signal: AbortSignal): Promise<Answer> {
    const body = searchBody(this.#deps.source.filter, search);
    if (body === undefined) return { entries: [], requestId: undefined, serverMs: undefined };
    const { clock, random, metrics } = this.#deps;
    return await retrying(() => this.#askRefreshing(body, search, priority, signal), {
      clock,
      random,
      signal,
      onRetry: (error, attempt, waitMs) => {
        metrics.count('clarifai_siem_source_retries_total', this.#labels);
        tellRetry(this.#deps.log, error, attempt, waitMs);
      },
    });
  }

  /** A refused PAT is read again from its file, and tried once more when it is another one than was sent. */
  async #askRefreshing(
    body: string,
    search: Search,
    priority: Priority,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { pat } = this.#deps.source;
    const used = pat.reveal();
    try {
      return await this.#ask(body, search, priority, signal);
    } catch (error) {
      if (!hasCode(error, 'source.refused.pat')) throw error;
      pat.refresh();
      if (pat.reveal() === used) throw error;
      this.#deps.log.info({}, 'the PAT was refused and has changed: trying the new one');
      return await this.#ask(body, search, priority, signal);
    }
  }

  async #ask(body: string, search: Search, priority: Priority, signal: AbortSignal): Promise<Answer> {
    const { limiter, clock, metrics } = this.#deps;
    const askedMs = clock.monotonicMs();
    const permit = await limiter.acquire(priority, signal);
    const startedMs = clock.monotonicMs();
    metrics.count('clarifai_siem_source_rate_wait_seconds_total', this.#labels, (startedMs - askedMs) / 1000);
    try {
      const answer = await this.#exchange(body, search, permit, signal);
      permit.succeeded();
      this.#count('ok');
      return answer;
    } catch (error) {
      if (error instanceof ConnectorError) this.#failed(error, permit);
      throw error;
    } finally {
      permit.release();
      const tookMs = clock.monotonicMs() - startedMs;
      metrics.observe('clarifai_siem_source_request_duration_seconds', tookMs / 1000, this.#labels);
    }
  }

  #failed(error: ConnectorError, permit: Permit): void {
    this.#count(error.code.replace(/^source\./, ''));
    if (!hasCode(error, 'source.throttled')) return;
    permit.throttled(error.waitMs ?? 0);
    this.#deps.metrics.count('clarifai_siem_source_throttled_total', this.#labels);
  }

  async #exchange(body: string, search: Search, permit: Permit, signal: AbortSignal): Promise<Answer> {
    const { source, transport, clock, deadlineMs = DEADLINE_MS } = this.#deps;
    const mostBytes = this.#deps.maxBytes ?? MAX_BYTES;
    const maxBytes = Math.min(search.maxBytes ?? mostBytes, mostBytes);
    let sentMs = clock.nowMs();
    const onSent = (): void => {
      sentMs = clock.nowMs();
      permit.sent();
    };
    const headers = {
      authorization: this.#authorization(),
      'content-type': 'application/json',
      accept: 'application/json',
    };
    const response = await transport.post(
      { url: this.#url, headers, body, deadlineMs, maxBytes, onSent },
      signal,
    );
    const nowMs = clock.nowMs();
    const serverMs = httpDateMs(response.headers.date);
    if (serverMs !== undefined) this.#skew.observe(serverMs, sentMs, nowMs);
    const parsed = this.#parse(response);
    const { id, baseUrl, userId } = source;
    const error = replyError(
      { response, parsed },
      { source: id, baseUrl, userId, page: search.page, nowMs, safe: this.#safe },
    );
    if (error !== undefined) throw error;
    const release = () => {
      response.release();
      parsed?.release?.();
    };
    return { entries: parsed?.entries ?? [], requestId: parsed?.requestId, serverMs, release };
  }

  /** Undefined when it is not JSON by its type, or when it is an error whose body is no JSON. */
  #parse(response: TransportResponse): ParsedAnswer | undefined {
    if (!mayBeJson(response)) return undefined;
    try {
      return this.#parseAnswer(response.body);
    } catch (error) {
      if (response.status >= 200 && response.status <= 299) throw error;
      return undefined;
    }
  }

  /** The PAT goes into this header field and nowhere else. */
  #authorization(): string {
    const { source } = this.#deps;
    const pat = source.pat.reveal();
    if (/^[\x21-\x7e]+$/.test(pat)) return `Key ${pat}`;
    const message = `The PAT of source "${source.id}" is empty or has spaces or other characters that no PAT has. Check pat or pat_file.`;
    throw new ConnectorError(message, { code: 'source.refused.pat', exitCode: ExitCode.refused });
  }

  #count(outcome: string): void {
    this.#deps.metrics.count('clarifai_siem_source_requests_total', { ...this.#labels, outcome });
  }
}
