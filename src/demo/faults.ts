import { fraction } from './mix.ts';

/** Answers that are no good, each told apart by what is on the wire. */
export const ANSWER_FAULTS = [
  /** HTTP 429 with 11005 and `retryAfter`. */
  'throttled',
  /** HTTP 200 with one of the retryable status codes, as number or name. */
  'error_in_200',
  /** HTTP 500, 502, 503 or 504. */
  'server_error',
  /** A complete HTTP answer whose JSON ends in the middle. */
  'truncated',
  /** The connection ends before `Content-Length` is reached. */
  'premature_close',
  /** TCP reset before the headers. */
  'reset',
  /** One byte each `dripMs`. */
  'drip',
  /** An HTML page with 200, as from a proxy. */
  'login_page',
  /** HTTP 302 to `/login` of this server. */
  'redirect',
  /** The right body as `text/plain`. */
  'wrong_content_type',
  /** `bombBytes` of spaces in gzip. */
  'gzip_bomb',
  /** Status 10000 without the key `entries`. */
  'missing_entries',
] as const;

/** One of {@link ANSWER_FAULTS}. */
export type AnswerFault = (typeof ANSWER_FAULTS)[number];

/** How bounds and event times are compared. */
export type BoundPrecision =
  /** As they are. */
  | 'exact'
  /** Both cut to whole seconds. */
  | 'truncated'
  /** Both rounded to the nearest second. */
  | 'rounded'
  /** Bounds cut to whole seconds, event times as they are. */
  | 'bounds_truncated';

/** How the service is, for good: {@link settledFaults} leaves these on. All default to the friendly way. */
export interface LastingFaults {
  /** `timestamp_from` itself is outside. Default false. */
  fromExclusive?: boolean;
  /** `timestamp_to` itself is outside. Default false. */
  toExclusive?: boolean;
  /** Default `exact`. */
  boundPrecision?: BoundPrecision;
  /** Most entries a page whatever was asked. Default 1,000. */
  pageCap?: number;
  /** So many entries a page whatever was asked. */
  pageFixed?: number;
  /** `sort_ascending` is ignored: always newest first. */
  descending?: boolean;
  /** Entries with equal event time come in another order in every answer. */
  shuffleTies?: boolean;
  /** `page` is ignored: always the first. */
  ignorePage?: boolean;
  /** Behind the last page, the last page again. */
  repeatLastPage?: boolean;
  /** Pages beyond the first with `page * per_page` above it are refused with 11102. */
  deepest?: number;
  /** Entries older than this many milliseconds are not shown. */
  retentionMs?: number;
  /** The `Date` header minus the stand-in's clock, milliseconds. */
  skewMs?: number;
}

/** What passes: {@link settledFaults} leaves these off. Shares are probabilities from 0 to 1, default 0. */
export interface PassingFaults {
  /** Share of entries that become visible late. */
  lateShare?: number;
  /** The longest delay of a late entry, milliseconds. Default 60,000. */
  lateMs?: number;
  /** Share of the rows that are missing in an answer; other rows in the next one. */
  driftShare?: number;
  /** Share of answers that lack the newest entries. */
  lagShare?: number;
  /** How much they lack, milliseconds. Default 120,000. */
  lagMs?: number;
  /** Share of answers that lose their tail by mistake. */
  cutShare?: number;
  /** Share of answers that come empty by mistake. */
  emptyShare?: number;
  /** Share of requests answered with each fault; the sum is at most 1. */
  answers?: Partial<Record<AnswerFault, number>>;
  /** What `throttled` says in `Retry-After`: 1 s, a date 1 s ahead, 10^9 s, or nothing (default). */
  retryAfter?: 'seconds' | 'date' | 'absurd' | 'none';
  /** Milliseconds between two bytes of `drip`. Default 1,000. */
  dripMs?: number;
  /** Inflated size of `gzip_bomb`. Default 200,000,000. */
  bombBytes?: number;
  /** The PAT is not known any more: 401 with 11008. */
  patRevoked?: boolean;
  /** The PAT lacks the scope: 403 with 11007. */
  scopeLost?: boolean;
  /** Every connection is reset. */
  outage?: boolean;
}

/** Everything the stand-in can do wrong. May be changed at any time; the next request sees it. */
export interface Faults extends LastingFaults, PassingFaults {}

const SALT_ANSWER = 101;

/** The fault that answer number `request` has, if any. */
export function drawAnswerFault(faults: Faults, seed: number, request: number): AnswerFault | undefined {
  if (faults.answers === undefined) return undefined;
  let left = fraction(seed, request, SALT_ANSWER);
  for (const fault of ANSWER_FAULTS) {
    left -= faults.answers[fault] ?? 0;
    if (left < 0) return fault;
  }
  return undefined;
}

/** `faults` without those that pass. */
export function settledFaults(faults: Faults): Faults {
  const {
    lateShare: _late,
    driftShare: _drift,
    lagShare: _lag,
    cutShare: _cut,
    emptyShare: _empty,
    answers: _answers,
    patRevoked: _revoked,
    scopeLost: _scope,
    outage: _outage,
    ...rest
  } = faults;
  return rest;
}
