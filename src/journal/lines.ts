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
  const start = segment.lineStarts[i]! + ID_OFFSET;
  return segment.bytes.toString('latin1', start, start + ID_LENGTH);
}

/** Bytes of entry `i` of a segment. */
export function entryBytesAt(segment: Segment, i: number): EntryBytes {
  const start = segment.lineStarts[i]!;
  const end = segment.lineStarts[i + 1]!;
  if (segment.bytes[start + KIND_OFFSET] === LETTER_E) {
    return { bytes: segment.bytes.subarray(start + ENTRY_OFFSET, end - 2), utf8: true };
  }
  const base64 = segment.bytes.toString('latin1', start + RAW_OFFSET, end - 3);
  return { bytes: Buffer.from(base64, 'base64'), utf8: false };
}
