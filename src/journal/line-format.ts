import type { JournalEntry } from './types.ts';

/*
 * Entry lines: `{"id":"<64 hex>","entry":<bytes>}` or `{"id":"<64 hex>","raw_b64":"<base64>"}`, each ended by LF.
 * `lines.ts` reads what is written here.
 */

const LF = 10;
const ID_LENGTH = 64;
const OPEN = Buffer.from('{"id":"');
const ENTRY = Buffer.from('","entry":');
const ENTRY_CLOSE = Buffer.from('}\n');
const RAW = Buffer.from('","raw_b64":"');
const RAW_CLOSE = Buffer.from('"}\n');
const ID_END = OPEN.length + ID_LENGTH;
const ENTRY_FRAME = ID_END + ENTRY.length + ENTRY_CLOSE.length;
const RAW_FRAME = ID_END + RAW.length + RAW_CLOSE.length;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** 1 for the bytes that a hexadecimal id is made of. */
const HEX = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdef')) HEX[byte] = 1;

/** Why bytes are not lines of a segment. */
export class LineError extends Error {}

/** Bytes that the line of `entry` takes, LF included. */
export function lineSize(entry: JournalEntry): number {
  const { size } = entry;
  return entry.utf8 ? ENTRY_FRAME + size : RAW_FRAME + 4 * Math.ceil(size / 3);
}

/** Writes the line of `entry` at `at`, and returns where it ends. Throws when it would not be one line. */
export function writeLine(into: Buffer, at: number, entry: JournalEntry): number {
  const { id, bytes, utf8 } = entry;
  put(into, OPEN, at);
  into.write(id, at + OPEN.length, ID_LENGTH, 'latin1');
  let end = at + ID_END;
  if (utf8) {
    put(into, ENTRY, end);
    end += ENTRY.length;
    into.set(bytes, end);
    end += bytes.length;
    put(into, ENTRY_CLOSE, end);
    end += ENTRY_CLOSE.length;
  } else {
    put(into, RAW, end);
    end += RAW.length;
    end += into.write(bytes.toString('base64'), end, 'latin1');
    put(into, RAW_CLOSE, end);
    end += RAW_CLOSE.length;
  }
  // A line that cannot be read back must never be acknowledged.
  if (id.length !== ID_LENGTH || bytes.length === 0 || into.indexOf(LF, at) !== end - 1) {
    throw new Error(`Entry ${id} does not fit one line of a segment: a defect of what made it.`);
  }
  return end;
}

/**
 * Finds the lines behind `from` and checks the shape of each. Returns where they start, and as last element where
 * they end. Throws a {@link LineError} when they are not `count` well-formed lines up to the end of `bytes`.
 */
export function scanLines(bytes: Buffer, from: number, count: number): Uint32Array {
  if (count > bytes.length) throw new LineError(`it holds fewer entries than the ${count} its header names`);
  const starts = new Uint32Array(count + 1);
  let at = from;
  for (let i = 0; i < count; i++) {
    starts[i] = at;
    const end = bytes.indexOf(LF, at) + 1;
    if (end === 0) throw new LineError(`it holds ${i} whole entries, and its header names ${count}`);
    if (!isLine(bytes, at, end)) throw new LineError(`line ${i + 2} is not an entry`);
    at = end;
  }
  if (at !== bytes.length)
    throw new LineError(`something stands behind the ${count} entries its header names`);
  starts[count] = at;
  return starts;
}

function isLine(bytes: Buffer, at: number, end: number): boolean {
  const idEnd = at + ID_END;
  if (end - at < ENTRY_FRAME || !matches(bytes, OPEN, at)) return false;
  for (let i = at + OPEN.length; i < idEnd; i++) if (HEX[bytes[i]!] === 0) return false;
  if (matches(bytes, ENTRY, idEnd)) {
    return end - at > ENTRY_FRAME && matches(bytes, ENTRY_CLOSE, end - ENTRY_CLOSE.length);
  }
  if (end - at < RAW_FRAME || !matches(bytes, RAW, idEnd)) return false;
  if (!matches(bytes, RAW_CLOSE, end - RAW_CLOSE.length)) return false;
  return isBase64(bytes.toString('latin1', idEnd + RAW.length, end - RAW_CLOSE.length));
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text);
}

/** Shorter than a call into native code for so few bytes. */
function put(into: Buffer, what: Buffer, at: number): void {
  for (let i = 0; i < what.length; i++) into[at + i] = what[i]!;
}

function matches(bytes: Buffer, what: Buffer, at: number): boolean {
  for (let i = 0; i < what.length; i++) if (bytes[at + i] !== what[i]) return false;
  return true;
}
