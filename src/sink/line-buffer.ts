import { fileNameOf } from './file-state.ts';
import type { OutRecord } from './sink.ts';

/** Space at first, bytes. */
const INITIAL_BYTES = 64 * 1024;
/** More space than this is given back after a batch, bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** UTF-8 bytes that one UTF-16 unit takes at most. */
const MAX_BYTES_PER_UNIT = 3;
const LF = 0x0a;

/** Encodes the lines of batches into memory that it uses again: fresh memory costs more than the encoding. */
export class LineBuffer {
  #space = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #used = 0;

  /**
   * The lines due by file name, each file's joined and ended by LF. The bytes are valid until the next call.
   */
  encode(records: readonly OutRecord[]): Map<string, Buffer> {
    if (this.#space.length > KEPT_BYTES) this.#space = Buffer.allocUnsafeSlow(INITIAL_BYTES);
    this.#used = 0;
    const ends: [name: string, start: number, end: number][] = [];
    for (const [name, due] of recordsByFile(records)) {
      const start = this.#used;
      for (const record of due) this.#add(record);
      ends.push([name, start, this.#used]);
    }
    return new Map(ends.map(([name, start, end]) => [name, this.#space.subarray(start, end)]));
  }

  #add(record: OutRecord): void {
    if (record.copyLine === undefined) this.#encode(record.line);
    else {
      const end = this.#used + record.lineBytes!;
      if (end >= this.#space.length) this.#grow(end + 1);
      record.copyLine(this.#space, this.#used);
      this.#used = end;
    }
    this.#space[this.#used] = LF;
    this.#used += 1;
  }

  #encode(line: string): void {
    const needed = this.#used + line.length * MAX_BYTES_PER_UNIT + 1;
    if (needed > this.#space.length) this.#grow(needed);
    this.#used += this.#space.write(line, this.#used);
  }

  #grow(needed: number): void {
    const space = Buffer.allocUnsafeSlow(Math.max(needed, this.#space.length * 2));
    this.#space.copy(space, 0, 0, this.#used);
    this.#space = space;
  }
}

function recordsByFile(records: readonly OutRecord[]): Map<string, OutRecord[]> {
  const files = new Map<string, OutRecord[]>();
  let date: string | undefined;
  let due: OutRecord[] | undefined;
  for (const record of records) {
    if (due === undefined || record.date !== date) {
      date = record.date;
      const name = fileNameOf(date);
      due = files.get(name) ?? [];
      files.set(name, due);
    }
    due.push(record);
  }
  return files;
}
