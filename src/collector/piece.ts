import type { Entry } from '../event/entry.ts';
import type { Span } from '../event/span.ts';
import type { AnswerEvidence } from '../journal/types.ts';

/** What came of the pieces of one piece of work, counted where they are committed. */
export interface Tally {
  /** Entries looked at, known ones included. */
  read: number;
  /** Entries committed for the first time, in spans that were not covered before. */
  added: number;
  /** Entries committed that were missing in spans covered before. */
  late: number;
  /** Undated entries committed. */
  undated: number;
}

/** A new tally, all zeros. */
export function newTally(): Tally {
  return { read: 0, added: 0, late: 0, undated: 0 };
}

/** A proven span with its entries, on its way from a walker to the committer. */
export interface Piece {
  /** Kind of the segment for what is new in it. */
  readonly kind: 'live' | 'backfill';
  /** What the entries are all of; undefined when only the undated ones matter. */
  readonly proven: Span | undefined;
  /** The dated entries of the span, all of one instant from one reading. */
  readonly entries: readonly Entry[];
  /** Undated entries of the answers. */
  readonly undated: readonly Entry[];
  /** The answers that it rests on. */
  readonly evidence: readonly AnswerEvidence[];
  /** Counts what becomes of it. */
  readonly tally: Tally;
  /** Called when it is committed: nobody needs the bytes of its entries any more. */
  readonly release?: (() => void) | undefined;
}

/** Takes pieces. Resolves when there is room for more, rejects when committing has failed for good. */
export type SubmitPiece = (piece: Piece) => Promise<void>;
