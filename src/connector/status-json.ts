import type { Span } from '../event/span.ts';
import { describeInstant } from '../event/timestamp.ts';
import type { LiveStatus } from './live-status.ts';
import { problemsOf } from './problems.ts';
import type { JournalStatus, SinkStatus, SourceLive, SourceStatus } from './status.ts';

/** Version of {@link StatusJson}: changes when a reader of the old form would be misled. */
const STATUS_FORMAT = 1;

/** A span of event time, RFC 3339. */
export interface SpanJson {
  readonly from: string;
  readonly to: string;
}

/** A journal, see `JournalStatus`. */
export interface JournalJson {
  readonly chain_id: string;
  readonly head: number;
  readonly head_sha256: string;
  readonly written: string;
  readonly same_source: boolean;
  readonly start: string;
  readonly coverage: readonly SpanJson[];
  readonly uncovered: readonly SpanJson[];
  readonly gaps: readonly SpanJson[];
  readonly trimmed: readonly SpanJson[];
  readonly lag_seconds: number;
  readonly bytes: number;
}

/** A sink, see `SinkStatus`. */
export interface SinkJson {
  readonly sink: string;
  readonly position: { readonly segment: number; readonly line: number } | null;
  readonly lag_segments: number;
  readonly dead_letters: number;
  /** From here on only of a running process. */
  readonly state?: string;
  readonly lag_seconds?: number | null;
  readonly last_success?: string | null;
  readonly last_error?: { readonly code: string; readonly at: string } | null;
}

/** A source, see `SourceStatus`. */
export interface SourceJson {
  readonly source: string;
  readonly journal: JournalJson | null;
  readonly sinks: readonly SinkJson[];
  /** Only of a running process: see {@link SourceLive}. */
  readonly live?: {
    readonly refused: string | null;
    readonly last_poll: string | null;
    readonly stale_after_seconds: number;
    readonly holes: readonly SpanJson[];
    readonly reconciled: readonly SpanJson[];
    readonly late: readonly (SpanJson & { readonly entries: number })[];
    readonly entries_by_hour: readonly { readonly hour: string; readonly entries: number }[];
    readonly entries_by_type: readonly { readonly type: string; readonly entries: number }[];
  };
}

/** What `status --json` prints and `/status.json` serves. Ids of sources and sinks are all it has of the config. */
export interface StatusJson {
  readonly v: number;
  /** The running process that told it; null when it was read from the store. */
  readonly process: {
    readonly version: string;
    readonly now: string;
    readonly started: string;
    readonly ready: boolean;
    readonly problems: readonly {
      readonly code: string;
      readonly severity: string;
      readonly source?: string;
      readonly sink?: string;
      readonly text: string;
    }[];
    readonly store_bytes: number | null;
    readonly store_limit_bytes: number;
    readonly store_writable: boolean;
  } | null;
  readonly sources: readonly SourceJson[];
}

/** Status read from the store as JSON. */
export function storedStatusJson(sources: readonly SourceStatus[]): StatusJson {
  return { v: STATUS_FORMAT, process: null, sources: sources.map(sourceJson) };
}

/** Status of the running process as JSON. */
export function liveStatusJson(status: LiveStatus, version: string): StatusJson {
  const problems = problemsOf(status);
  return {
    v: STATUS_FORMAT,
    process: {
      version,
      now: isoTime(status.nowMs),
      started: isoTime(status.startedMs),
      ready: problems.every(({ severity }) => severity !== 'not-ready'),
      problems,
      store_bytes: status.store.bytes ?? null,
      store_limit_bytes: status.store.limitBytes,
      store_writable: status.store.writable,
    },
    sources: status.sources.map(sourceJson),
  };
}

/** Whether `value`, from a process on the configured port, is a status of this version's form. */
export function isLiveStatusJson(value: unknown): value is StatusJson & { process: object } {
  const { v, process: told, sources } = (value ?? {}) as Partial<StatusJson>;
  return v === STATUS_FORMAT && typeof told === 'object' && told !== null && Array.isArray(sources);
}

function sourceJson({ source, journal, sinks, live }: SourceStatus): SourceJson {
  return {
    source,
    journal: journal === undefined ? null : journalJson(journal),
    sinks: sinks.map(sinkJson),
    ...(live === undefined ? {} : { live: liveJson(live) }),
  };
}

function journalJson(journal: JournalStatus): JournalJson {
  return {
    chain_id: journal.chainId,
    head: journal.head,
    head_sha256: journal.headHash,
    written: journal.written,
    same_source: journal.sameSource,
    start: describeInstant(journal.start),
    coverage: journal.coverage.map(spanJson),
    uncovered: journal.uncovered.map(spanJson),
    gaps: journal.gaps.map(spanJson),
    trimmed: journal.trimmed.map(spanJson),
    lag_seconds: Math.round(journal.lagMs / 1000),
    bytes: journal.bytes,
  };
}

function sinkJson({ sink, position, lagSegments, deadLetters, live }: SinkStatus): SinkJson {
  const stored = { sink, position: position ?? null, lag_segments: lagSegments, dead_letters: deadLetters };
  if (live === undefined) return stored;
  const { state, lagMs, lastSuccess, lastErrorCode, lastErrorAt } = live;
  return {
    ...stored,
    state,
    lag_seconds: lagMs === undefined ? null : Math.round(lagMs / 1000),
    last_success: lastSuccess ?? null,
    last_error: lastErrorCode === undefined ? null : { code: lastErrorCode, at: lastErrorAt! },
  };
}

function liveJson(live: SourceLive): NonNullable<SourceJson['live']> {
  return {
    refused: live.refused ?? null,
    last_poll: live.lastPollMs === undefined ? null : isoTime(live.lastPollMs),
    stale_after_seconds: live.staleAfterMs / 1000,
    holes: live.holes.map(spanJson),
    reconciled: live.reconciled.map(spanJson),
    late: live.late.map(({ span, entries }) => ({ ...spanJson(span), entries })),
    entries_by_hour: live.hours.map(({ startMs, entries }) => ({ hour: isoTime(startMs), entries })),
    entries_by_type: live.types.map(({ name, entries }) => ({ type: name, entries })),
  };
}

const spanJson = ({ from, to }: Span): SpanJson => ({ from: describeInstant(from), to: describeInstant(to) });

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
