import type { OpenFile } from './file-system.ts';

/** Bytes read at once. */
const CHUNK = 256 * 1024;
const LF = 0x0a;

/** How many bytes at `offset` of `file` equal the beginning of `due`; at most `limit`. */
export async function equalBytes(
  file: OpenFile,
  offset: number,
  due: Buffer,
  limit: number,
): Promise<number> {
  const end = Math.min(due.length, limit);
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, end));
  let done = 0;
  while (done < end) {
    const part = chunk.subarray(0, Math.min(chunk.length, end - done));
    const length = await file.read(part, offset + done);
    const expected = due.subarray(done, done + length);
    if (!expected.equals(part.subarray(0, length))) return done + firstDifference(expected, part);
    done += length;
    if (length < part.length) break;
  }
  return done;
}

/** Where the last line of `file` begins when it is torn (not ended by LF); `size` when it is whole. */
export async function wholeLinesEnd(file: OpenFile, size: number): Promise<number> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size));
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - chunk.length);
    const part = chunk.subarray(0, end - start);
    const length = await file.read(part, start);
    const at = part.subarray(0, length).lastIndexOf(LF);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return at;
}
