import type { Entry } from '../event/entry.ts';
import type { Nanos, Span } from '../event/span.ts';

/** How often each base id occurs: entries of one instant, twins counted. */
export type Copies = ReadonlyMap<string, number>;

/**
 * The entries known at one instant. An answer that reaches back to this instant and does not hold all of them
 * proves nothing: something moved between the two reads.
 */
export interface Anchor {
  readonly at: Nanos;
  readonly ids: Copies;
}

/** How a short answer ended: its last instant (undefined: it held no dated entry) and what stood there. */
export interface EndMark {
  readonly at: Nanos | undefined;
  readonly ids: Copies;
}

/** What an answer is judged by. */
export interface Reading {
  /** What is left to prove. */
  readonly span: Span;
  /** The last entries known before the request, when any are. */
  readonly anchor: Anchor | undefined;
  /** Entries in the order of the answer. */
  readonly entries: readonly Entry[];
  /** Whether more may follow on a next page: see {@link PageSize}. */
  readonly full: boolean;
  /** Whether the end of the span is only believed when two answers in a row end the same. */
  readonly confirmEnd: boolean;
  /** How the answer before ended, when it was short and its end was not yet believed. */
  readonly pendingEnd: EndMark | undefined;
}

/**
 * What an answer proves by itself.
 * - `proven`: everything in `[span.from, upTo)` is in `kept`; `anchor` and `pendingEnd` are for the next request;
 * - `unanchored`: something that is known is not in the answer;
 * - `stuck`: a full answer that does not get beyond the start of the span;
 * - `disordered`: full, and not in the order that was asked for.
 */
export type Verdict =
  | {
      readonly kind: 'proven';
      readonly upTo: Nanos;
      readonly kept: readonly Entry[];
      readonly anchor: Anchor | undefined;
      readonly pendingEnd: EndMark | undefined;
    }
  | { readonly kind: 'unanchored' }
  | { readonly kind: 'stuck' }
  | { readonly kind: 'disordered' };

/**
 * Judges one answer, by nothing but itself and what was known before it.
 *
 * A full ascending answer whose last entry has the instant T proves everything before T: entries at T may go on
 * behind the page. A short answer proves the rest of the span, or, where its end has to be confirmed, no more than
 * a full one until the next answer ends the same.
 */
export function judge(reading: Reading): Verdict {
  const { span, anchor, full } = reading;
  const dated = reading.entries.filter((entry) => entry.at !== undefined);
  const ordered = isAscending(dated);
  const last = latest(dated);
  if (full && (last === undefined || last <= span.from)) return { kind: 'stuck' };
  if (full && !ordered) return { kind: 'disordered' };
  if (anchor !== undefined && !holdsAnchor(dated, anchor)) return { kind: 'unanchored' };
  if (ordered && last !== undefined && last >= span.to) return proven(reading, dated, span.to, undefined);
  if (full) return proven(reading, dated, last as Nanos, undefined);
  if (!reading.confirmEnd) return proven(reading, dated, span.to, undefined);
  return judgeEnd(reading, dated, ordered, last);
}

function judgeEnd(
  reading: Reading,
  dated: readonly Entry[],
  ordered: boolean,
  last: Nanos | undefined,
): Verdict {
  const end: EndMark = { at: last, ids: ordered ? copiesAt(dated, last) : copies(dated) };
  if (reading.pendingEnd !== undefined && sameEnd(reading.pendingEnd, end)) {
    return proven(reading, dated, reading.span.to, undefined);
  }
  const upTo = ordered && last !== undefined && last > reading.span.from ? last : reading.span.from;
  return proven(reading, dated, upTo, end);
}

function proven(
  reading: Reading,
  dated: readonly Entry[],
  upTo: Nanos,
  pendingEnd: EndMark | undefined,
): Verdict {
  const { from } = reading.span;
  const kept = dated.filter((entry) => entry.at! >= from && entry.at! < upTo);
  if (!isAscending(kept)) kept.sort((a, b) => (a.at! < b.at! ? -1 : a.at! > b.at! ? 1 : 0));
  return { kind: 'proven', upTo, kept, anchor: nextAnchor(reading, dated, upTo), pendingEnd };
}

/** The newest instant at or before `upTo` of which the answer shows something; what was known before otherwise. */
function nextAnchor(reading: Reading, dated: readonly Entry[], upTo: Nanos): Anchor | undefined {
  let at: Nanos | undefined;
  for (const entry of dated) {
    if (entry.at! <= upTo && (at === undefined || entry.at! > at)) at = entry.at;
  }
  if (at === undefined) return reading.anchor;
  return { at, ids: copiesAt(dated, at) };
}

function isAscending(dated: readonly Entry[]): boolean {
  for (let i = 1; i < dated.length; i++) {
    if (dated[i]!.at! < dated[i - 1]!.at!) return false;
  }
  return true;
}

function latest(dated: readonly Entry[]): Nanos | undefined {
  let last: Nanos | undefined;
  for (const entry of dated) {
    if (last === undefined || entry.at! > last) last = entry.at;
  }
  return last;
}

/** Whether `dated` shows every entry of `anchor`, twins counted. */
export function holdsAnchor(dated: readonly Entry[], anchor: Anchor): boolean {
  const found = copiesAt(dated, anchor.at);
  for (const [id, count] of anchor.ids) {
    if ((found.get(id) ?? 0) < count) return false;
  }
  return true;
}

/** The base ids at one instant, twins counted. */
export function copiesAt(entries: readonly Entry[], at: Nanos | undefined): Copies {
  return copies(at === undefined ? [] : entries.filter((entry) => entry.at === at));
}

function copies(entries: readonly Entry[]): Copies {
  const result = new Map<string, number>();
  for (const entry of entries) result.set(entry.baseId, (result.get(entry.baseId) ?? 0) + 1);
  return result;
}

function sameEnd(a: EndMark, b: EndMark): boolean {
  if (a.at !== b.at || a.ids.size !== b.ids.size) return false;
  for (const [id, count] of a.ids) {
    if (b.ids.get(id) !== count) return false;
  }
  return true;
}
