import { operationByCode, operationByName } from '../event/catalogue.ts';
import { KeySet, placesFor, scanMembers } from '../event/members.ts';
import type { Span } from '../event/span.ts';
import { type SpanSet, subtractSpans, unionSpans } from '../event/span-set.ts';
import { timestampAt } from '../event/timestamp.ts';
import { entryBytesAt } from '../journal/lines.ts';
import type { Segment } from '../journal/types.ts';

const HOUR_MS = 3_600_000;

/** Hours that are told apart, the one under way included. */
export const ACTIVITY_HOURS = 24;

/** Late finds that are remembered. */
const MOST_LATE = 100;

/** Stands for event types that the catalogue does not know. */
export const OTHER_TYPE = 'OTHER';

const FIELDS = new KeySet(['timestamp', 'operation']);
const OPENING_BRACE = 0x7b;

/** Entries that were found in a span that had been read before. */
export interface LateFind {
  /** From the earliest of them to the latest. */
  readonly span: Span;
  readonly entries: number;
}

/** What a source brought in since the process started. */
export interface ActivityReport {
  /** Entries by the hour of their event time, oldest hour first: the last 24. */
  readonly hours: readonly { readonly startMs: number; readonly entries: number }[];
  /** Entries of those hours by event type, most frequent first; {@link OTHER_TYPE} for unknown ones. */
  readonly types: readonly { readonly name: string; readonly entries: number }[];
  /** Late finds, oldest first; the newest hundred. */
  readonly late: readonly LateFind[];
  /** Event time that was read again to prove that nothing is missing. */
  readonly reconciled: SpanSet;
}

/**
 * Counts what is committed, for the status page: entries of the last 24 hours of event time by hour and event type,
 * late finds, and what was reconciled. In memory only, so it knows nothing from before the process started. Older
 * entries cost nothing; a recent one is scanned once more for its event type.
 */
export class Activity {
  /** By hour since 1970: entries by event type. */
  readonly #hours = new Map<number, Map<string, number>>();
  readonly #places = placesFor(FIELDS);
  #late: LateFind[] = [];
  #reconciled: SpanSet = [];
  #counting = false;

  /** Counts from now on. Without it only late finds and reconciles are kept: nobody looks at the rest. */
  begin(): void {
    this.#counting = true;
  }

  /** A segment was committed. Never throws. */
  add(segment: Segment, nowMs: number): void {
    const { first, last, count, kind } = segment.header;
    if (first === undefined || last === undefined) return;
    if (kind === 'late') {
      this.#late = [...this.#late, { span: { from: first, to: last + 1n }, entries: count }].slice(
        -MOST_LATE,
      );
    }
    const oldest = hourOf(nowMs) - ACTIVITY_HOURS + 1;
    if (!this.#counting || hourOfNanos(last) < oldest) return;
    this.#prune(oldest);
    const onlyHour = hourOfNanos(first) === hourOfNanos(last) ? hourOfNanos(first) : undefined;
    for (let i = 0; i < count; i++) this.#addEntry(entryBytesAt(segment, i).bytes, onlyHour, oldest);
  }

  /** `spans` were read again; `holes` of them could not be. */
  reconciled(spans: SpanSet, holes: readonly Span[]): void {
    const read = spans.flatMap((span) => subtractSpans(span, unionSpans([], holes)));
    this.#reconciled = unionSpans(this.#reconciled, read);
  }

  /** What was counted, as of now. */
  report(nowMs: number): ActivityReport {
    const newest = hourOf(nowMs);
    this.#prune(newest - ACTIVITY_HOURS + 1);
    const types = new Map<string, number>();
    const hours = Array.from({ length: ACTIVITY_HOURS }, (_, i) => {
      const hour = newest - ACTIVITY_HOURS + 1 + i;
      let entries = 0;
      for (const [name, some] of this.#hours.get(hour) ?? []) {
        entries += some;
        types.set(name, (types.get(name) ?? 0) + some);
      }
      return { startMs: hour * HOUR_MS, entries };
    });
    const byCount = [...types].map(([name, entries]) => ({ name, entries }));
    byCount.sort((a, b) => b.entries - a.entries || (a.name < b.name ? -1 : 1));
    return { hours, types: byCount, late: this.#late, reconciled: this.#reconciled };
  }

  #addEntry(bytes: Buffer, onlyHour: number | undefined, oldest: number): void {
    // An entry that is no object has neither time nor type.
    if (bytes[0] !== OPENING_BRACE) return;
    scanMembers(bytes, 0, FIELDS, this.#places);
    const [timeStart, timeEnd, typeStart, typeEnd] = this.#places as unknown as [
      number,
      number,
      number,
      number,
    ];
    const time = timeEnd > 0 ? timestampAt(bytes, timeStart + 1, timeEnd - 1) : undefined;
    const hour = onlyHour ?? (time === undefined ? undefined : hourOfNanos(time));
    if (hour === undefined || hour < oldest) return;
    const type = typeEnd > 0 ? typeName(bytes.toString('latin1', typeStart, typeEnd)) : OTHER_TYPE;
    const types = this.#hours.get(hour) ?? new Map<string, number>();
    this.#hours.set(hour, types.set(type, (types.get(type) ?? 0) + 1));
  }

  #prune(oldest: number): void {
    for (const hour of this.#hours.keys()) if (hour < oldest) this.#hours.delete(hour);
  }
}

/** @param token a JSON value: the name of an event type, or its number */
function typeName(token: string): string {
  const known = token.startsWith('"') ? operationByName(token.slice(1, -1)) : operationByCode(Number(token));
  return known?.name ?? OTHER_TYPE;
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS);
}

function hourOfNanos(at: bigint): number {
  return hourOf(Number(at / 1_000_000n));
}
