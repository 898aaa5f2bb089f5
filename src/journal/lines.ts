import type { Segment } from './types.ts';

/** `{"id":"` */
const ID_OFFSET = 7;
const ID_LENGTH = 64;
/** `","entry":` behind the id. */
const ENTRY_OFFSET = ID_OFFSET + ID_LENGTH + 10;
/** `","raw_b64":"` behind the id. */
const RAW_OFFSET = ID_OFFSET + ID_LENGTH + 13;
/** Third character behind the id: tells `entry` from `raw_b64`. */
const KIND_OFFSET = ID_OFFSET + ID_LENGTH + 3;
const LETTER_E = 0x65;

/** The bytes of an entry as the API sent them. */
export interface EntryBytes {
  /** A view into the segment, or a copy where the line holds base64. */
  readonly bytes: Buffer;
  /** False when the bytes are not valid UTF-8. */
  readonly utf8: boolean;
}

/** Event id of entry `i` of a segment. */
export function idAt(segment: Segment, i: number): string {
  refuseReleased(segment);
  return idIn(segment.bytes, segment.lineStarts[i]!);
}

/** Bytes of entry `i` of a segment. */
export function entryBytesAt(segment: Segment, i: number): EntryBytes {
  refuseReleased(segment);
  return entryBytesIn(segment.bytes, segment.lineStarts[i]!, segment.lineStarts[i + 1]!);
}

/** Event id of the entry line that starts at `start`. */
export function idIn(bytes: Buffer, start: number): string {
  return bytes.toString('latin1', start + ID_OFFSET, start + ID_OFFSET + ID_LENGTH);
}

/** Bytes of the entry whose line, LF included, is `[start, end)`. */
export function entryBytesIn(bytes: Buffer, start: number, end: number): EntryBytes {
  if (bytes[start + KIND_OFFSET] === LETTER_E) {
    return { bytes: bytes.subarray(start + ENTRY_OFFSET, end - 2), utf8: true };
  }
  const base64 = bytes.toString('latin1', start + RAW_OFFSET, end - 3);
  return { bytes: Buffer.from(base64, 'base64'), utf8: false };
}

/** An empty entry in place of one must never leave the journal. */
function refuseReleased({ header, bytes }: Segment): void {
  if (bytes.length > 0) return;
  throw new Error(`Segment ${header.n} was read after its lease had ended: a defect of the reader.`);
}
