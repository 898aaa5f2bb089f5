import { type Nanos, SECOND, type Span } from '../event/span.ts';
import {
  addSpan,
  intersectSpans,
  type SpanSet,
  subtractSpans,
  totalLength,
  unionSpans,
} from '../event/span-set.ts';
import type { AnswerEvidence, Journal, JournalEntry, SegmentKind, SegmentLease } from '../journal/types.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { type Classified, classify } from './classify.ts';
import { Evidence } from './evidence.ts';
import type { KnownEntries } from './known.ts';
import type { PageSize } from './page-size.ts';
import type { Piece } from './piece.ts';

/** What one commit holds at the most, unless a single reading is larger. */
const MAX_SEGMENT_ENTRIES = 20_000;
const MAX_SEGMENT_BYTES = 2 * 1024 * 1024;

/** Bytes of pieces that wait; beyond that {@link Committer.submit} makes walkers wait. */
const MAX_WAITING_BYTES = 2 * 1024 * 1024;

const HOUR: Nanos = 3600n * SECOND;

/** Later than any event time. */
const END_OF_TIME: Nanos = 1n << 80n;

/** One call of {@link Journal.append}. */
export type WriteSegment = () => Promise<SegmentLease | undefined>;

/** What a committer works with. */
export interface CommitterDeps {
  readonly journal: Journal;
  readonly known: KnownEntries;
  readonly pages: PageSize;
  readonly overlapMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /**
   * Runs one write until it succeeds; what is not retryable is thrown. Also the place where a full journal waits.
   */
  readonly retry: (write: WriteSegment) => Promise<SegmentLease | undefined>;
}

interface Waiting {
  readonly piece: Piece;
  readonly bytes: number;
}

/**
 * The one writer of a source's journal. Pieces are put into it as they are proven, several into one segment while
 * the last put is under way. A span that turned out empty is covered in memory at first, and on record with the
 * next segment or heartbeat: until then a restart reads it again.
 */
export class Committer {
  readonly #deps: CommitterDeps;
  readonly #queue: Waiting[] = [];
  #waitingBytes = 0;
  /** Proven, but not on record yet: holds no entries. */
  #unrecorded: SpanSet = [];
  readonly #evidence = new Evidence();
  #recent: { readonly n: number; readonly last: Nanos }[] | undefined;
  #working: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #roomWaiters: (() => void)[] = [];

  constructor(deps: CommitterDeps) {
    this.#deps = deps;
  }

  /** All spans that are read: committed, or proven to be empty. */
  get coverage(): SpanSet {
    return unionSpans(this.#deps.journal.head.coverage, this.#unrecorded);
  }

  /** Takes a piece. Resolves when there is room for the next one; rejects when committing failed for good. */
  async submit(piece: Piece): Promise<void> {
    this.#throwFailure();
    const bytes = sizeOf(piece);
    this.#queue.push({ piece, bytes });
    this.#waitingBytes += bytes;
    this.#start();
    while (this.#waitingBytes > MAX_WAITING_BYTES && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve));
    }
    this.#throwFailure();
  }

  /** Resolves when everything submitted so far is committed. */
  async flush(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    this.#throwFailure();
  }

  /**
   * Puts on record what was proven empty, as a segment without entries, if that is at least `minimum` of event time
   * or closes a hole on record. True when it wrote one.
   */
  async record(kind: SegmentKind, minimum: Nanos = HOUR): Promise<boolean> {
    return this.#alone(async () => {
      const { coverage } = this.#deps.journal.head;
      const open = this.#unrecorded.flatMap((span) => subtractSpans(span, coverage));
      const closesHole = this.coverage.length < coverage.length;
      if (totalLength(open) < minimum && !closesHole) return false;
      await this.#write(kind, [], this.#evidence.take(), this.coverage);
      return true;
    });
  }

  /** Puts on record that the API no longer shows `span`: a possible gap, which polls do not read again. */
  async recordGap(span: Span): Promise<void> {
    await this.#alone(async () => {
      const gaps = addSpan(this.#deps.journal.head.gaps, span);
      await this.#write('gap', [], this.#evidence.take(), this.coverage, gaps);
    });
  }

  /** Runs `write` when everything submitted is committed, and commits nothing meanwhile. */
  async #alone<T>(write: () => Promise<T>): Promise<T> {
    // Not `flush`: nothing may begin between the last look and the write.
    while (this.#working !== undefined) await this.#working;
    this.#throwFailure();
    const writing = write();
    this.#working = writing.then(
      () => this.#free(),
      () => this.#free(),
    );
    return await writing;
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #start(): void {
    this.#working ??= this.#drain().finally(() => this.#free());
  }

  #free(): void {
    this.#working = undefined;
    this.#wake();
    if (this.#queue.length > 0 && this.#failure === undefined) this.#start();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#commitNext();
    } catch (error) {
      this.#failure = { error };
    }
  }

  #wake(): void {
    const waiters = this.#roomWaiters;
    this.#roomWaiters = [];
    for (const waiter of waiters) waiter();
  }

  async #commitNext(): Promise<void> {
    const pieces = this.#nextPieces();
    while (!(await this.#commit(pieces))) {
      this.#deps.log.info(
        { head: this.#deps.journal.head.n },
        'another writer was faster: reading on from its head',
      );
    }
    for (const { piece, bytes } of this.#queue.slice(0, pieces.length)) {
      this.#waitingBytes -= bytes;
      piece.release?.();
    }
    this.#queue.splice(0, pieces.length);
    this.#wake();
  }

  /** The pieces of the next segment: of one kind, and none that overlaps another, since ids are compared on record. */
  #nextPieces(): Piece[] {
    const pieces: Piece[] = [];
    let proven: SpanSet = [];
    let entries = 0;
    let size = 0;
    for (const { piece, bytes } of this.#queue) {
      const overlaps = piece.proven !== undefined && intersectSpans(piece.proven, proven).length > 0;
      const tooMuch =
        entries + piece.entries.length > MAX_SEGMENT_ENTRIES || size + bytes > MAX_SEGMENT_BYTES;
      if (pieces.length > 0 && (piece.kind !== pieces[0]!.kind || overlaps || tooMuch)) break;
      pieces.push(piece);
      if (piece.proven !== undefined) proven = addSpan(proven, piece.proven);
      entries += piece.entries.length;
      size += bytes;
    }
    return pieces;
  }

  /** False when another process has written the segment: everything is decided anew on its head. */
  async #commit(pieces: readonly Piece[]): Promise<boolean> {
    const { journal, known } = this.#deps;
    const before = this.coverage;
    const classified: Classified[] = [];
    let coverage = before;
    for (const piece of pieces) {
      classified.push(await classify(piece, before, known, journal.trimmed?.spans));
      if (piece.proven !== undefined) coverage = addSpan(coverage, piece.proven);
    }
    const evidence = pieces.flatMap((piece) => piece.evidence);
    const fresh = classified.flatMap((each) => each.fresh);
    const late = classified.flatMap((each) => each.late);
    const undated = distinct(classified.flatMap((each) => each.undated));
    if (fresh.length > 0) {
      if (!(await this.#write(pieces[0]!.kind, fresh, [...this.#evidence.take(), ...evidence], coverage)))
        return false;
    } else {
      this.#unrecorded = pieces.reduce(withProven, this.#unrecorded);
      this.#evidence.add(evidence);
    }
    if (late.length > 0 && !(await this.#write('late', late, evidence, this.coverage))) return false;
    if (undated.length > 0 && !(await this.#write('undated', undated, evidence, this.coverage))) return false;
    pieces.forEach((piece, i) => {
      this.#count(piece, classified[i]!);
    });
    return true;
  }

  async #write(
    kind: SegmentKind,
    entries: readonly JournalEntry[],
    answers: readonly AnswerEvidence[],
    coverage: SpanSet,
    gaps: SpanSet = this.#deps.journal.head.gaps,
  ): Promise<boolean> {
    const { journal, pages, retry, metrics } = this.#deps;
    const resume = await this.#resume(coverage);
    const draft = { kind, entries, answers, coverage, gaps, resume, largestPage: pages.largest };
    const written = await retry(() => journal.append(draft));
    if (written === undefined) {
      this.#recent = undefined;
      return false;
    }
    const { n, last } = written.segment.header;
    written.release();
    if (last !== undefined) this.#recent!.push({ n, last });
    this.#unrecorded = [];
    metrics.count('clarifai_siem_segments_total', { source: journal.sourceId, kind });
    return true;
  }

  /** The lowest segment that holds entries of the overlap before the end of `coverage`. */
  async #resume(coverage: SpanSet): Promise<number> {
    const { journal, overlapMs } = this.#deps;
    const end = coverage.at(-1)?.to ?? journal.genesis.start;
    const threshold = end - BigInt(overlapMs) * 1_000_000n;
    if (this.#recent === undefined) {
      const touching = await journal.touching({ from: threshold, to: END_OF_TIME });
      this.#recent = touching.map(({ n, last }) => ({ n, last: last! }));
    }
    this.#recent = this.#recent.filter(({ last }) => last >= threshold);
    return this.#recent.reduce((least, { n }) => Math.min(least, n), journal.head.n + 1);
  }

  #count(piece: Piece, { fresh, late, undated }: Classified): void {
    const { tally } = piece;
    tally.read += piece.entries.length;
    tally.added += fresh.length;
    tally.late += late.length;
    tally.undated += undated.length;
    const { metrics, journal } = this.#deps;
    const source = journal.sourceId;
    metrics.count('clarifai_siem_entries_total', { source, kind: piece.kind }, fresh.length);
    metrics.count('clarifai_siem_entries_total', { source, kind: 'late' }, late.length);
    metrics.count('clarifai_siem_entries_total', { source, kind: 'undated' }, undated.length);
  }
}

/** Any answer may show the same undated entry again. */
function distinct(entries: readonly JournalEntry[]): JournalEntry[] {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

function withProven(set: SpanSet, piece: Piece): SpanSet {
  return piece.proven === undefined ? set : addSpan(set, piece.proven);
}

function sizeOf(piece: Piece): number {
  let bytes = 0;
  for (const entry of piece.entries) bytes += entry.size;
  for (const entry of piece.undated) bytes += entry.size;
  return bytes;
}
