import type { Answer } from '../event/entry.ts';

/** One question to `PostAuditLogSearches`. The source's own filter is added by the client. */
export interface Search {
  /** Lower bound as sent, RFC 3339 UTC with `Z`. */
  readonly from: string;
  /** Upper bound as sent. */
  readonly to: string;
  /** From 1. */
  readonly page: number;
  /** Page size asked for, 1 to 1,000. */
  readonly perPage: number;
  /** Largest answer, bytes. Default, and at most, what the client takes at all: 32 MiB. */
  readonly maxBytes?: number;
  /** Narrows the answer to one outcome: partition of a dense second. */
  readonly success?: boolean;
  /** Narrows the answer to one operation code: partition of a dense second. */
  readonly operation?: number;
}

/** Who asks: live reading goes before backfill and reconcile when the rate limit makes them wait. */
export type Priority = 'live' | 'background';

/**
 * The API as the collector sees it: asks, waits for the rate limit, retries what may succeed, and cuts the answer.
 *
 * Throws {@link ConnectorError}:
 * - `source.refused.*` (exit 3): PAT, scope or user; not retried here;
 * - `source.page_refused`: code 11102 or 11105 for a page > 1;
 * - `source.bad_request` (exit 2): the request as such is refused on page 1;
 * - `source.too_large`: the answer exceeds the body cap; not retried here, the caller halves `perPage`;
 * - everything else is retried for ever, until `signal` aborts.
 */
export interface AuditLogApi {
  /** Searches that wait for the rate limit at this moment: while there are any, more of them gain nothing. */
  readonly waiting: number;
  search(search: Search, priority: Priority, signal: AbortSignal): Promise<Answer>;
}
