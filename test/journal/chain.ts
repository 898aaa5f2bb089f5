import { readEntry } from '../../src/event/answer.ts';
import type { Nanos, Span } from '../../src/event/span.ts';
import { fromMs, SECOND } from '../../src/event/span.ts';
import { formatTimestamp } from '../../src/event/timestamp.ts';
import { type JournalOptions, openJournal } from '../../src/journal/journal.ts';
import type { StoredJournal } from '../../src/journal/stored-journal.ts';
import type { JournalEntry, Segment, SegmentDraft } from '../../src/journal/types.ts';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';

export const SOURCE = 'acme';
export const START: Nanos = fromMs(Date.UTC(2026, 0, 1));
export const MINUTE: Nanos = 60n * SECOND;
export const MINUTE_MS = 60_000;

/** Chain ids in order: `…01`, `…02`. */
export function countingRandom(): { float(): number; hex(bytes: number): string } {
  let next = 0;
  return { float: () => 0.5, hex: (bytes) => (++next).toString(16).padStart(bytes * 2, '0') };
}

/** Options of {@link openJournal} on `store`, with a clock that stands at the start. */
export function optionsOn(store: Store, more: Partial<JournalOptions> = {}): JournalOptions {
  return {
    store,
    source: SOURCE,
    clock: new FakeClock(),
    random: countingRandom(),
    fingerprint: 'f'.repeat(64),
    resolveStart: () => START,
    log: silentLog,
    ...more,
  };
}

/** Opens the journal of {@link SOURCE} on `store`. */
export function open(store: Store, more: Partial<JournalOptions> = {}): Promise<StoredJournal> {
  return openJournal(optionsOn(store, more));
}

/** An entry of `at` as the API would give it. */
export function entryAt(at: Nanos, name: string): JournalEntry {
  return journalEntry(
    Buffer.from(JSON.stringify({ req_id: name, timestamp: formatTimestamp(at), operation: 'MODEL_CREATE' })),
  );
}

/** An entry without a usable time. */
export function undatedEntry(name: string): JournalEntry {
  return journalEntry(Buffer.from(JSON.stringify({ req_id: name, operation: 'MODEL_CREATE' })));
}

/** An entry of `at` with a byte that is no UTF-8. */
export function rawEntryAt(at: Nanos, name: string): JournalEntry {
  const bytes = entryAt(at, `${name}#`).bytes;
  bytes[bytes.indexOf('#')] = 0xff;
  return journalEntry(bytes);
}

function journalEntry(from: Buffer): JournalEntry {
  const { baseId: id, ...entry } = readEntry(from);
  return { id, ...entry };
}

/** What is covered by the first `minutes` minutes. */
export function covered(minutes: number): Span[] {
  return minutes === 0 ? [] : [{ from: START, to: START + BigInt(minutes) * MINUTE }];
}

/** Segment `n` as a committer would draft it: two entries of minute `n - 1`, all minutes up to it covered. */
export function draftOf(n: number, more: Partial<SegmentDraft> = {}): SegmentDraft {
  const from = START + BigInt(n - 1) * MINUTE;
  return {
    kind: 'live',
    entries: [entryAt(from + 1n, `${n}a`), entryAt(from + 2n, `${n}b`)],
    answers: [
      {
        asked: [formatTimestamp(from), formatTimestamp(from + MINUTE)],
        proven: { from, to: from + MINUTE },
        count: 2,
        requestId: `req-${n}`,
      },
    ],
    coverage: covered(n),
    gaps: [],
    resume: Math.max(1, n - 1),
    largestPage: 2,
    ...more,
  };
}

/** Appends {@link draftOf} segments up to number `to`; `more` changes some of them. */
export async function grow(
  journal: StoredJournal,
  to: number,
  more: (n: number) => Partial<SegmentDraft> = () => ({}),
): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (let n = journal.head.n + 1; n <= to; n++) {
    const written = await journal.append(draftOf(n, more(n)));
    if (written === undefined) throw new Error(`segment ${n} was lost to another process`);
    segments.push(written.segment);
  }
  return segments;
}

/** What makes a chain of six of all kinds: 3 is undated, 4 holds base64, 5 is a heartbeat. */
export function mixed(n: number): Partial<SegmentDraft> {
  if (n === 3) return { kind: 'undated', entries: [undatedEntry('3a'), undatedEntry('3b')] };
  if (n === 4)
    return { entries: [rawEntryAt(START + 3n * MINUTE, '4a'), entryAt(START + 3n * MINUTE, '4b')] };
  if (n === 5) return { kind: 'heartbeat', entries: [] };
  return {};
}

/** All objects of a store, as text of their bytes, by key. */
export async function contents(store: Store): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const key of await store.list('')) all.set(key, (await store.get(key))!.body.toString('latin1'));
  return all;
}

/** Puts `body` at `key`, whatever is there. */
export async function overwrite(store: Store, key: string, body: Buffer): Promise<void> {
  await store.replace(key, body, (await store.get(key))?.version);
}

/** One line of a log. */
export interface LogLine {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A log that keeps its lines. */
export function recordingLog(
  lines: LogLine[] = [],
  common: object = {},
): Log & { readonly lines: LogLine[] } {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...common, ...fields }, message });
  };
  return {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => recordingLog(lines, { ...common, ...fields }),
  };
}

/** Flips a bit in the middle of the object at `key`. */
export async function flip(store: Store, key: string): Promise<void> {
  const body = Buffer.from((await store.get(key))!.body);
  body[body.length >> 1]! ^= 0x10;
  await overwrite(store, key, body);
}
