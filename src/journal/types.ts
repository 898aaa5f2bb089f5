import type { Nanos, Span } from '../event/span.ts';

/** Version of the segment format that this program writes; a newer one is refused. */
export const SEGMENT_FORMAT = 1;

/**
 * Why a segment was written. `genesis`: segment 0. `live`, `backfill`: entries of spans first covered by this
 * segment. `late`: entries found in spans that were covered before. `undated`: entries without a usable time.
 * `heartbeat`: nothing new. `gap`: the API no longer shows what was known; the span is a possible gap.
 */
export type SegmentKind = 'genesis' | 'live' | 'backfill' | 'late' | 'undated' | 'heartbeat' | 'gap';

/** Evidence: one answer that a segment rests on. */
export interface AnswerEvidence {
  /** Bounds as sent to the API, RFC 3339. */
  readonly asked: readonly [string, string];
  /** The span that the answer proved, nanoseconds; undefined when it proved none by itself. */
  readonly proven: Span | undefined;
  /** Entries in the answer, before anything was dropped. */
  readonly count: number;
  /** `status.req_id` of the answer. */
  readonly requestId: string | undefined;
}

/** What only the genesis segment holds. */
export interface Genesis {
  /** Random id of this chain, 16 hex digits: part of every sink key and cursor. */
  readonly chainId: string;
  /** The start of the source, resolved once. */
  readonly start: Nanos;
  /** SHA-256, hex, over `base_url`, `user_id` and `filter`: what coverage is true of. */
  readonly fingerprint: string;
  /** Set by `repair`: the last good segment and its hash in the chain that this one replaces. */
  readonly replaces?: { readonly chainId: string; readonly n: number; readonly hash: string } | undefined;
}

/** The header, parsed: first line of a segment. On disk: snake_case keys, instants as decimal strings. */
export interface SegmentHeader {
  /** Format version, {@link SEGMENT_FORMAT}. */
  readonly v: number;
  /** Source id. */
  readonly source: string;
  /** Number, from 0, without holes. */
  readonly n: number;
  /** Wall clock when it was written, RFC 3339 with milliseconds: the read time of its entries. */
  readonly written: string;
  /** SHA-256, hex, of the uncompressed bytes of segment n-1; for genesis 64 zeros, or the last good hash after `repair`. */
  readonly prev: string;
  /** Why it was written. */
  readonly kind: SegmentKind;
  /** Evidence for the spans it adds. */
  readonly answers: readonly AnswerEvidence[];
  /** All spans covered after this commit, ascending, touching spans merged. */
  readonly coverage: readonly Span[];
  /** Spans given up as possible gaps, ascending: not covered, not read again by polls. */
  readonly gaps: readonly Span[];
  /** Number of entries. */
  readonly count: number;
  /** Event time of the earliest dated entry. */
  readonly first: Nanos | undefined;
  /** Event time of the latest dated entry. */
  readonly last: Nanos | undefined;
  /** Lowest segment that a restart must read to know the entries of the overlap. */
  readonly resume: number;
  /** Numbers of all `undated` segments so far. */
  readonly undated: readonly number[];
  /** Largest page this source ever gave; 0 before the first non-empty one. */
  readonly largestPage: number;
  /** Present in genesis only. */
  readonly genesis?: Genesis | undefined;
}

/** An entry as it goes into a segment. */
export interface JournalEntry {
  /** Event id, 64 hex digits, ordinal of twins included. */
  readonly id: string;
  /** Event time; undefined for undated entries. */
  readonly at: Nanos | undefined;
  /** The API's bytes, on one line; may be made anew at each access. */
  readonly bytes: Buffer;
  /** Length of `bytes`. */
  readonly size: number;
  /** See {@link Entry.utf8}. */
  readonly utf8: boolean;
}

/** A committed segment with its lines, uncompressed, from memory or read back. */
export interface Segment {
  readonly header: SegmentHeader;
  /** SHA-256, hex, of the uncompressed bytes. */
  readonly hash: string;
  /** The uncompressed bytes: header line and entry lines, each ended by LF. */
  readonly bytes: Buffer;
  /**
   * Where each entry line starts in `bytes`; `lineStarts[count]` is the end. A line is
   * `{"id":"<64 hex>","entry":<bytes>}` or `{"id":"<64 hex>","raw_b64":"<base64>"}`.
   */
  readonly lineStarts: Uint32Array;
}

/** A segment for as long as it is needed. */
export interface SegmentLease {
  /** Not to be read any more once it is released. */
  readonly segment: Segment;
  /** Ends the lease. May be called again. Without it the garbage collector gives the memory back, later. */
  release(): void;
}

/** What the committer hands to {@link Journal.append}; number, hash and wall clock are the journal's to add. */
export interface SegmentDraft {
  readonly kind: SegmentKind;
  /** In any order; the journal orders them by time, then id (undated ones last). */
  readonly entries: readonly JournalEntry[];
  readonly answers: readonly AnswerEvidence[];
  /** Coverage after this commit. */
  readonly coverage: readonly Span[];
  readonly gaps: readonly Span[];
  readonly resume: number;
  readonly largestPage: number;
}

/** What is known of a segment without reading it. */
export interface SegmentSummary {
  readonly n: number;
  readonly kind: SegmentKind;
  readonly count: number;
  readonly first: Nanos | undefined;
  readonly last: Nanos | undefined;
}

/** {@link SegmentSummary} with what only the stored object tells. */
export interface StoredSegment extends SegmentSummary {
  /** Wall clock when it was written, milliseconds. */
  readonly writtenMs: number;
  /** Size of the object, compressed. */
  readonly bytes: number;
}

/** What retention has removed: the chain now begins at `begins` (genesis and undated segments are kept). */
export interface TrimRecord {
  readonly chainId: string;
  /** Lowest number still there, genesis and undated segments aside. */
  readonly begins: number;
  /** SHA-256, hex, of segment `begins - 1`. */
  readonly prev: string;
  /** Event time of what is gone, ascending and merged: can be neither reconciled nor replayed. */
  readonly spans: readonly Span[];
}

/**
 * The journal of one source, open for writing by one committer and for reading by anybody. It knows neither the
 * API nor the sinks.
 */
export interface Journal {
  readonly sourceId: string;
  readonly genesis: Genesis;
  /** Header of the newest segment: everything the collector starts from. */
  readonly head: SegmentHeader;
  /** SHA-256 of the newest segment. */
  readonly headHash: string;
  /** What retention removed so far; undefined when nothing was. */
  readonly trimmed: TrimRecord | undefined;
  /**
   * Commits a segment behind the head. Durable when it resolves. Undefined when another process has written
   * segment n with other bytes: `head` then shows the newest segment of the winner, and the caller decides anew.
   * One call at a time. Throws what the store throws.
   */
  append(draft: SegmentDraft): Promise<SegmentLease | undefined>;
  /**
   * A segment by number, from memory when it is recent, else read back and checked against its own header.
   * Throws `journal.damaged` (exit 6) naming object and reason, `journal.trimmed` when retention removed it.
   */
  read(n: number): Promise<Segment>;
  /**
   * As {@link read}, for those who read much: the memory is given back as soon as nobody needs it, not when it is
   * collected.
   */
  lease(n: number): Promise<SegmentLease>;
  /**
   * What is known of segment `n` without unpacking its entries; undefined when retention removed it. Throws as
   * {@link read}.
   */
  stored(n: number): Promise<StoredSegment | undefined>;
  /** Segments whose entries' times touch `span`, ascending. Undated entries belong to no span. */
  touching(span: Span): Promise<readonly SegmentSummary[]>;
  /** Gives back the memory of the segments that it keeps for whoever asks next: they are read back then. */
  shrink(): void;
  /** Resolves when the head is at or behind segment `n`. Rejects with `signal.reason` on abort. */
  reached(n: number, signal: AbortSignal): Promise<void>;
}
