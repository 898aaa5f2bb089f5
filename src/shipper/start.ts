import type { Journal } from '../journal/types.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Position, SegmentRange, SinkState } from '../sink/sink.ts';
import type { Cursor } from './cursor.ts';

/** The first place that may hold an entry: genesis holds none. */
const BEGINNING: Position = { segment: 1, line: 0 };

/** Where a shipper starts, and why. */
export interface Start {
  /** The next record due. */
  readonly position: Position;
  /** State for the sink. */
  readonly state: SinkState | undefined;
  /** `first`: there was no cursor. `chain`: the cursor is of another chain. `resumed`: it goes on. */
  readonly kind: 'first' | 'chain' | 'resumed';
  /** See {@link Cursor.floor}. */
  readonly floor: number;
  /** See {@link Cursor.range}. */
  readonly range: SegmentRange | undefined;
}

/**
 * Decides where to start. Without a cursor, `from` decides; with a cursor of another chain, the beginning of the
 * new chain whatever `from` says. Throws `shipper.cursor_ahead` when the cursor is behind the journal's head: the
 * journal was put back to an earlier state, and what it grows next would never be shipped.
 */
export function startOf(cursor: Cursor | undefined, journal: Journal, from: 'earliest' | 'now'): Start {
  const end: Position = { segment: journal.head.n + 1, line: 0 };
  const floor = journal.trimmed?.begins ?? 0;
  if (cursor === undefined) {
    return {
      position: from === 'now' ? end : BEGINNING,
      state: undefined,
      kind: 'first',
      floor,
      range: undefined,
    };
  }
  if (cursor.chainId !== journal.genesis.chainId) {
    return { position: BEGINNING, state: undefined, kind: 'chain', floor, range: undefined };
  }
  const reaches = Math.max(cursor.position.segment, (cursor.range?.last ?? -1) + 1);
  if (reaches > end.segment) {
    throw new ConnectorError(
      `The cursor reaches to segment ${reaches}, but the journal of ${journal.sourceId} ends with ` +
        `${journal.head.n}: the journal was put back to an earlier state. Restore the newer journal, or remove the cursor.`,
      { code: 'shipper.cursor_ahead', exitCode: ExitCode.damaged },
    );
  }
  const { position, state, range } = cursor;
  return { position, state, kind: 'resumed', floor: cursor.floor, range: range && held(range, journal) };
}

/** A range that retention has cut into is no longer what was put on record: what is left is gathered anew. */
function held(range: SegmentRange, journal: Journal): SegmentRange | undefined {
  return skipTrimmed(journal, { segment: range.first, line: 0 }, 0).lost > 0 ? undefined : range;
}

/** What {@link skipTrimmed} found. */
export interface Held {
  /** The first place at or behind the one asked for that the journal still holds. */
  readonly position: Position;
  /** Segments jumped over, each of which retention removed. */
  readonly lost: number;
}

/**
 * Moves a position out of what retention removed. Undated segments are kept by retention and are not jumped over.
 * Segments below `floor` are not counted as lost (see {@link Cursor.floor}).
 */
export function skipTrimmed(journal: Journal, position: Position, floor: number): Held {
  const begins = journal.trimmed?.begins ?? 0;
  const { segment } = position;
  if (segment >= begins) return { position, lost: 0 };
  const kept = journal.head.undated.filter((n) => n < begins);
  if (kept.includes(segment)) return { position, lost: 0 };
  const next = kept.find((n) => n > segment) ?? begins;
  return { position: { segment: next, line: 0 }, lost: Math.max(0, next - Math.max(segment, floor)) };
}
