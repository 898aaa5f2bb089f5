import { hash } from 'node:crypto';
import { damaged, newerFormat } from './damage.ts';
import { formatHeader, parseHeader } from './header.ts';
import { LineError, lineSize, scanLines, writeLine } from './line-format.ts';
import type { JournalEntry, Segment, SegmentHeader } from './types.ts';

const LF = 10;

/** What a header says beside what follows from the entries. */
export type HeaderDraft = Omit<SegmentHeader, 'count' | 'first' | 'last'>;

/** Puts entries into a segment, ordered by time, then id, undated ones last. Copies their bytes. */
export function encodeSegment(draft: HeaderDraft, entries: readonly JournalEntry[]): Segment {
  const ordered = inOrder(entries);
  const dated = ordered.findLastIndex((entry) => entry.at !== undefined) + 1;
  const header = { ...draft, count: ordered.length, first: ordered[0]?.at, last: ordered[dated - 1]?.at };
  const headerLine = Buffer.from(`${formatHeader(header)}\n`);
  let size = headerLine.length;
  for (const entry of ordered) size += lineSize(entry);
  // Never a slice of a shared slab: the segment stays in memory for as long as the journal likes.
  const bytes = Buffer.allocUnsafeSlow(size);
  headerLine.copy(bytes);
  const lineStarts = new Uint32Array(ordered.length + 1);
  let at = headerLine.length;
  for (let i = 0; i < ordered.length; i++) {
    lineStarts[i] = at;
    at = writeLine(bytes, at, ordered[i]!);
  }
  lineStarts[ordered.length] = at;
  return { header, hash: sha256(bytes), bytes, lineStarts };
}

/**
 * Reads the uncompressed bytes of the segment that should be `source`'s number `n`. Checks the header, the count
 * and the shape of every line, not the entries themselves. Throws `journal.damaged` or `journal.newer_format`,
 * naming `key`.
 */
export function decodeSegment(bytes: Buffer, key: string, source: string, n: number): Segment {
  const headerEnd = bytes.indexOf(LF);
  if (headerEnd < 0) throw damaged(key, 'it has no header line');
  const header = decodeHeader(bytes.subarray(0, headerEnd), key, source, n);
  try {
    return { header, hash: sha256(bytes), bytes, lineStarts: scanLines(bytes, headerEnd + 1, header.count) };
  } catch (error) {
    throw error instanceof LineError ? damaged(key, error.message) : error;
  }
}

/** Reads a header line that should be that of `source`'s segment `n`. Throws as {@link decodeSegment} does. */
export function decodeHeader(line: Buffer, key: string, source: string, n: number): SegmentHeader {
  const parsed = parseHeader(line);
  if ('newer' in parsed) throw newerFormat(key, parsed.newer, 1);
  if ('wrong' in parsed) throw damaged(key, parsed.wrong);
  const { header } = parsed;
  if (header.source !== source)
    throw damaged(key, `it is a segment of source ${JSON.stringify(header.source)}`);
  if (header.n !== n) throw damaged(key, `it is segment ${header.n}`);
  return header;
}

function sha256(bytes: Buffer): string {
  return hash('sha256', bytes, 'hex');
}

/** Mostly they come in order: then nothing is copied. */
function inOrder(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  for (let i = 1; i < entries.length; i++) {
    if (compare(entries[i - 1]!, entries[i]!) > 0) return [...entries].sort(compare);
  }
  return entries;
}

function compare(a: JournalEntry, b: JournalEntry): number {
  if (a.at !== b.at) {
    if (a.at === undefined) return 1;
    if (b.at === undefined) return -1;
    return a.at < b.at ? -1 : 1;
  }
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
