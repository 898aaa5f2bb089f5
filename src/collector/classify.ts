import type { Entry } from '../event/entry.ts';
import { twinId } from '../event/event-id.ts';
import type { Nanos, Span } from '../event/span.ts';
import { intersectSpans, type SpanSet } from '../event/span-set.ts';
import type { JournalEntry } from '../journal/types.ts';
import type { KnownEntries } from './known.ts';
import type { Piece } from './piece.ts';

/** The entries of a piece that the journal does not hold yet. */
export interface Classified {
  /** In spans that were not covered: first readings. */
  readonly fresh: readonly JournalEntry[];
  /** In spans that were covered: found by reading again. */
  readonly late: readonly JournalEntry[];
  /** Without a usable time, never seen before. */
  readonly undated: readonly JournalEntry[];
}

/**
 * Sorts a piece's entries by what `coverage` says of their time. Entries of uncovered spans need no comparison: an
 * uncovered span holds no committed entry. Nothing is compared where retention has removed what to compare with:
 * what is read there again is left alone, because it would be stored twice.
 */
export async function classify(
  piece: Piece,
  coverage: SpanSet,
  known: KnownEntries,
  trimmed: SpanSet = [],
): Promise<Classified> {
  const undated = await newUndated(piece.undated, known);
  const covered = piece.proven === undefined ? [] : intersectSpans(piece.proven, coverage);
  const entries = withIds(piece.entries);
  if (covered.length === 0) return { fresh: entries, late: [], undated };
  const reread = entries.filter(({ at }) => isInside(covered, at!) && !isInside(trimmed, at!));
  const seen = reread.length === 0 ? new Set<string>() : await known.idsIn(extent(reread));
  return {
    fresh: reread.length === entries.length ? [] : entries.filter((entry) => !isInside(covered, entry.at!)),
    late: reread.filter((entry) => !seen.has(entry.id)),
    undated,
  };
}

/** Gives each entry its event id. Twins share an instant, and all entries of an instant are in one piece. */
export function withIds(entries: readonly Entry[]): JournalEntry[] {
  const result: JournalEntry[] = new Array(entries.length);
  let ordinals: Map<string, number> | undefined;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    const sameInstant = entry.at === entries[i - 1]?.at || entry.at === entries[i + 1]?.at;
    let ordinal = 0;
    if (sameInstant && entries.length > 1) {
      ordinals ??= new Map();
      const { baseId } = entry;
      ordinal = ordinals.get(baseId) ?? 0;
      ordinals.set(baseId, ordinal + 1);
    }
    result[i] = new IdentifiedEntry(entry, ordinal);
  }
  return result;
}

/** An entry with its ordinal among its twins. Holds nothing of it: very many wait at a time. */
class IdentifiedEntry implements JournalEntry {
  readonly #entry: Entry;
  readonly #ordinal: number;

  constructor(entry: Entry, ordinal: number) {
    this.#entry = entry;
    this.#ordinal = ordinal;
  }

  get id(): string {
    return twinId(this.#entry.baseId, this.#ordinal);
  }

  get at(): Nanos | undefined {
    return this.#entry.at;
  }

  get bytes(): Buffer {
    return this.#entry.bytes;
  }

  get size(): number {
    return this.#entry.size;
  }

  get utf8(): boolean {
    return this.#entry.utf8;
  }
}

async function newUndated(entries: readonly Entry[], known: KnownEntries): Promise<JournalEntry[]> {
  if (entries.length === 0) return [];
  const seen = await known.undatedIds();
  return withIds(entries).filter((entry) => !seen.has(entry.id));
}

function isInside(spans: readonly Span[], at: Nanos): boolean {
  for (const { from, to } of spans) {
    if (at >= from && at < to) return true;
  }
  return false;
}

function extent(entries: readonly JournalEntry[]): Span {
  let from = entries[0]!.at!;
  let to = from;
  for (const { at } of entries) {
    if (at! < from) from = at!;
    if (at! > to) to = at!;
  }
  return { from, to: to + 1n };
}
