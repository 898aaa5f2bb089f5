import { releaseMemory } from '../runtime/release-memory.ts';
import { fileNameOf } from './file-state.ts';
import type { LinePlace, OutRecord } from './sink.ts';

/** Space at first, and what is kept between batches, bytes. */
const INITIAL_BYTES = 64 * 1024;
/** UTF-8 bytes that one UTF-16 unit takes at most. */
const MAX_BYTES_PER_UNIT = 3;
const LF = 0x0a;

/** Encodes the lines of batches: where they stand together in memory already, nothing is copied. */
export class LineBuffer {
  #space = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #used = 0;

  /**
   * The lines due by file name, each file's joined and ended by LF. The bytes are valid until the next call, or
   * {@link release}.
   */
  encode(records: readonly OutRecord[]): Map<string, Buffer> {
    this.#used = 0;
    const files = new Map<string, Buffer>();
    const ends: [name: string, start: number, end: number][] = [];
    for (const [name, due] of recordsByFile(records)) {
      const asTheyAre = standTogether(due);
      if (asTheyAre !== undefined) {
        files.set(name, asTheyAre);
        continue;
      }
      const start = this.#used;
      for (const record of due) this.#add(record);
      ends.push([name, start, this.#used]);
    }
    for (const [name, start, end] of ends) files.set(name, this.#space.subarray(start, end));
    return files;
  }

  /** Gives the memory of a large batch back at once: the next one may be hours away. */
  release(): void {
    if (this.#space.length === INITIAL_BYTES) return;
    releaseMemory(this.#space);
    this.#space = Buffer.allocUnsafeSlow(INITIAL_BYTES);
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
    releaseMemory(this.#space);
    this.#space = space;
  }
}

/** The lines of `records`, each with its LF, when they stand one behind the other in one memory. */
function standTogether(records: readonly OutRecord[]): Buffer | undefined {
  const first = records[0]!.place;
  let last = first;
  for (let i = 1; last !== undefined && i < records.length; i++) {
    const next: LinePlace | undefined = records[i]!.place;
    last = next?.bytes === last.bytes && next.start === last.end + 1 ? next : undefined;
  }
  return last === undefined ? undefined : first!.bytes.subarray(first!.start, last.end + 1);
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
