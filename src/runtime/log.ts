/**
 * The fields of a log line. Names, units and meaning are stable: what reads the log may rely on them, and
 * docs/operations.md tells of each. A line has few of them.
 */
export interface LogFields {
  /** Id of the source it is about. */
  readonly source?: string;
  /** Id of the sink it is about. */
  readonly sink?: string;
  /** What failed: `code`, `message`, `cause`; see {@link ConnectorError}. */
  readonly err?: unknown;
  /** The error's code, where there are many of one message. */
  readonly code?: string;
  /** Number of lines held back that this one stands for. */
  readonly repeated?: number;

  /** Entries that the API showed. */
  readonly read?: number;
  /** Entries that were new and are in the journal. */
  readonly added?: number;
  /** Of these, entries that became visible after their time had been read. */
  readonly late?: number;
  /** Of these, entries without a time that can be read. */
  readonly undated?: number;
  /** Requests that it took. */
  readonly requests?: number;
  /** Spans that could not be read. */
  readonly holes?: number;
  /** Entries whose time is still to come. */
  readonly future?: number;
  /** Spans that were read again. */
  readonly spans?: number;
  /** Begin of what it is about: event time (RFC 3339), or number of a segment. */
  readonly from?: string | number;
  /** Its end; the segment is included, the time is not. */
  readonly to?: string | number;
  /** Event time of the last entry that was known. */
  readonly since?: string;
  /** Why a span could not be read, or a record was refused. */
  readonly reason?: string;
  /** For developers: a second that was read by pages, nanoseconds since 1970. */
  readonly second?: string;
  /** For developers: entries of that second. */
  readonly entries?: number;
  /** How often it was tried. */
  readonly attempt?: number;
  /** Until it is tried again, milliseconds. */
  readonly wait_ms?: number;
  /** How far Clarifai's clock is ahead of this machine's, seconds. */
  readonly skew_seconds?: number;

  /** Number of a segment of the journal. */
  readonly segment?: number;
  /** Line in that segment. */
  readonly line?: number;
  /** Number of the newest segment. */
  readonly head?: number;
  /** Hash of the newest segment: keep it elsewhere as evidence. */
  readonly hash?: string;
  /** Id of the journal's chain. */
  readonly chain?: string;
  /** `journal.max_bytes`. */
  readonly max_bytes?: number;
  /** Segments that retention removed before the sink had them. */
  readonly lost_segments?: number;

  /** Where a sink begins: `first` (as its `from` says), `resumed` (at its cursor), `chain` (a repaired journal). */
  readonly start?: string;
  /** What of shipping it is: `sink`, `cursor`, `journal`, `dead_letters`, `shipper`. */
  readonly part?: string;
  /** The last thing that a sink said. */
  readonly last_error?: string | undefined;
  /** A file below the sink's path. */
  readonly file?: string;
  /** Bytes that were cut off, or that a request had. */
  readonly bytes?: number;
  /** Bytes that a request has at most from now on. */
  readonly max_request_bytes?: number;
  /** A bucket of a store. */
  readonly bucket?: string;
  /** What the store does with conditional writes. */
  readonly conditions?: unknown;
  /** A backing index. */
  readonly index?: string;

  /** Id of the work that a command asked for. */
  readonly request?: string;
  /** What work: `backfill`, `reconcile`, `replay`. */
  readonly kind?: string;
  /** What a replay sends: `span` or `dead_letters`. */
  readonly replay?: string;
  /** Records that were sent again. */
  readonly sent?: number;
  /** Records that were refused again. */
  readonly refused?: number;
  /** Dead letters that could not be read. */
  readonly unreadable?: number;

  /** Number of sources in the config. */
  readonly sources?: number;
  /** Number of sinks in the config. */
  readonly sinks?: number;
  /** Address the status server listens on. */
  readonly host?: string;
  /** Its port. */
  readonly port?: number;
  /** Path of a request to the status server. */
  readonly path?: string;
}

/**
 * Structured log. Levels mean something: `warn` = recovered, nothing lost; `error` = an operator is needed.
 * One line a poll, none per event.
 */
export interface Log {
  /** For developers; off by default. */
  debug(fields: LogFields, message: string): void;
  /** What happened as it should. */
  info(fields: LogFields, message: string): void;
  /** Something went wrong and was mended; nothing is lost. */
  warn(fields: LogFields, message: string): void;
  /** An operator is needed: the message says what failed, where, and what to do next. */
  error(fields: LogFields, message: string): void;
  /** A log that adds `fields` to every line. */
  child(fields: LogFields): Log;
}

/** A log that drops everything. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
