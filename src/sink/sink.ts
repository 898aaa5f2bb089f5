/** A record, ready for a sink: an entry normalised to ECS, OCSF or `raw`. */
export interface OutRecord {
  /** Event id: 64 hex digits. */
  readonly id: string;
  /** One line of JSON without the line end. Made anew at each access when the record holds its bytes. */
  readonly line: string;
  /** Length of `line` in UTF-8; present when the record holds its bytes, with {@link copyLine}. */
  readonly lineBytes?: number;
  /** Copies the UTF-8 bytes of `line` to `into`, from `at` on. */
  copyLine?(into: Buffer, at: number): void;
  /** Where the record holds its line with an LF behind it, as those next to it in a batch do: for who writes many. */
  readonly place?: LinePlace;
  /** Event date `YYYY-MM-DD` in UTC, or undefined for an entry without a usable time. */
  readonly date: string | undefined;
  /** Segment and line of the entry in the journal: a stable, ascending position. */
  readonly position: Position;
}

/** Where a line is: `bytes[start, end)`, and an LF at `end`. */
export interface LinePlace {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A place in a source's journal: line `line` of segment `segment`. The next record due is the one at that place. */
export interface Position {
  readonly segment: number;
  readonly line: number;
}

/** What a sink is told of the source that a batch comes from. */
export interface SourceRef {
  /** Source id from the config. */
  readonly id: string;
  /** Chain id of its journal. */
  readonly chainId: string;
}

/**
 * Records of one source, in journal order. Never empty. Their lines can be read until `write` has resolved with
 * nothing to retry: what a sink needs longer, it copies.
 */
export interface Batch {
  readonly source: SourceRef;
  readonly records: readonly OutRecord[];
  /**
   * True when the records may have been sent before: a retry, a replay, the first batch after a start, and to an
   * idempotent sink everything that was in the journal then.
   */
  readonly uncertain: boolean;
  /** The range these records belong to; present for a sink with {@link Sink.gather} only. */
  readonly range?: SegmentRange;
}

/** Whole segments of a journal, from `first` to `last`. */
export interface SegmentRange {
  readonly first: number;
  readonly last: number;
}

/** When the segments gathered for a sink go out together: whichever comes first. */
export interface GatherRule {
  /** Size of the segments as the journal stores them, bytes. */
  readonly maxBytes: number;
  /** How long the first of them may wait since it was written, milliseconds. */
  readonly maxAgeMs: number;
}

/** A record that a sink refuses for good: the same record will be refused again. */
export interface Refusal {
  /** Index into `batch.records`. */
  readonly index: number;
  /** The sink's words, without secrets. */
  readonly reason: string;
}

/** The fate of each record of a batch. Records in neither list are stored, as the sink's guarantee says. */
export interface WriteResult {
  /** Indexes to send again. The shipper waits, and calls `write` with those only. */
  readonly retry: readonly number[];
  /** Why `retry` is not empty, for the log. */
  readonly retryReason?: string;
  /** Records that go to the dead letters. */
  readonly refused: readonly Refusal[];
}

/** Opaque state of a sink that is saved with its cursor: JSON. */
export type SinkState = Record<string, unknown>;

/** What the shipper offers a sink for one source. */
export interface SinkContext {
  readonly source: SourceRef;
  /** State that was saved with the cursor; undefined at the first start, or when the chain is new. */
  readonly state: SinkState | undefined;
  /**
   * Saves `state` with the position as it was before the batch in hand: for what must be on record before the
   * first byte of it is written. Durable when it resolves.
   */
  saveState(state: SinkState, signal: AbortSignal): Promise<void>;
}

/**
 * A sink for one source. The shipper calls `write` in journal order, one batch at a time unless the sink's
 * `concurrency` says more, and wraps batching, retry, timeouts and metrics around it.
 */
export interface SinkWriter {
  /**
   * Delivers a batch. A thrown {@link ConnectorError} concerns the batch as a whole: retryable ones are tried
   * again for ever with the same records, others stop this sink with an alarm (the rest of the program goes on).
   * Two codes say more: after `sink.too_large` half as many records are sent, and one that is too large alone goes
   * to the dead letters; after `sink.busy` half as many are tried again. After `sink.range_lost`, which `flush` may
   * throw as well, the range in hand comes again from its start, to a new writer.
   */
  write(batch: Batch, signal: AbortSignal): Promise<WriteResult>;
  /**
   * Makes what `write` stored durable and returns the state to save with the cursor. Called before every save of
   * the cursor. Sinks that are durable on `write` return what they have. To a sink with {@link Sink.gather} it says
   * that the range in hand is complete; when it throws it is called again.
   */
  flush(signal: AbortSignal): Promise<SinkState | undefined>;
  /** Releases what it holds. Idempotent. Does not flush. */
  close(): Promise<void>;
}

/** A place where records go. One implementation a file, registered in `sink/registry.ts`. */
export interface Sink {
  /** Sink id from the config. */
  readonly id: string;
  /**
   * True when sending a record a second time cannot store it twice. Then the cursor may be saved less often than
   * a batch is written; otherwise it is saved after every batch.
   */
  readonly idempotent: boolean;
  /**
   * How many batches of one source may be on their way at once. Default 1. More only where their order does not
   * matter: a later batch may be stored before an earlier one, and is then sent again after a crash.
   */
  readonly concurrency?: number;
  /** A write that takes longer is given up and tried again, milliseconds. Default 120,000. */
  readonly writeTimeoutMs?: number;
  /**
   * For a sink that makes few large objects: it gets ranges of whole segments that hold entries (`each`: every
   * segment alone), all batches of one in order, then `flush`, and only then the cursor moves. The bounds of a range
   * are on record before its first batch: after a crash the same range comes again, whole. A range holds few event
   * dates, or few bytes. Batches go one at a time, and a replay is refused.
   */
  readonly gather?: GatherRule | 'each';
  /** Tries the sink for real (credentials, place, permissions) without leaving data. Throws what is wrong. */
  check(signal: AbortSignal): Promise<void>;
  /**
   * Makes what the sink needs and is not made by writing (templates, a data stream): what is there already is left
   * alone. Undefined for a sink that needs nothing. Resolves with what was done, a line each.
   */
  setUp?(signal: AbortSignal): Promise<readonly string[]>;
  /** Opens it for one source. */
  open(context: SinkContext): Promise<SinkWriter>;
  /** Releases what its writers share. Idempotent. */
  close(): Promise<void>;
}
