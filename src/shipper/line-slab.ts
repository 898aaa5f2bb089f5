import { releaseMemory } from '../runtime/release-memory.ts';
import type { OutRecord, Position } from '../sink/sink.ts';

/** Room at first, bytes. */
const INITIAL_BYTES = 256 * 1024;

/**
 * The lines of one batch as UTF-8 in one piece of memory. A line comes from its mapper in many parts: to keep it so
 * until its batch is sent would cost the garbage collector several times what mapping costs.
 */
export class LineSlab {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #used = 0;

  /** `record` with its line moved in here; undefined, and nothing kept, when `used` would be more than `maxBytes`. */
  add(record: OutRecord, maxBytes: number): OutRecord | undefined {
    const end = this.#used + (record.lineBytes ?? Buffer.byteLength(record.line));
    if (end > maxBytes) return undefined;
    if (end > this.#bytes.length) this.#grow(end);
    if (record.copyLine === undefined) this.#bytes.write(record.line, this.#used);
    else record.copyLine(this.#bytes, this.#used);
    const { id, date, position } = record;
    const kept = new SlabRecord(id, date, position, this, this.#used, end);
    this.#used = end;
    return kept;
  }

  /** Bytes of all lines. */
  get used(): number {
    return this.#used;
  }

  /** The line that takes `[start, end)`. */
  text(start: number, end: number): string {
    this.#refuseReleased();
    return this.#bytes.toString('utf8', start, end);
  }

  /** Copies `[start, end)`. */
  copy(into: Buffer, at: number, start: number, end: number): void {
    this.#refuseReleased();
    this.#bytes.copy(into, at, start, end);
  }

  /** Gives the memory back at once: the records in it have no lines from now on. */
  release(): void {
    releaseMemory(this.#bytes);
  }

  /** An empty line in place of a record must never reach a sink. */
  #refuseReleased(): void {
    if (this.#bytes.length > 0) return;
    throw new Error('The line of a record was read after its batch was delivered: a defect of the sink.');
  }

  #grow(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(bytes, 0, 0, this.#used);
    releaseMemory(this.#bytes);
    this.#bytes = bytes;
  }
}

class SlabRecord implements OutRecord {
  readonly id: string;
  readonly date: string | undefined;
  readonly position: Position;
  readonly #slab: LineSlab;
  readonly #start: number;
  readonly #end: number;

  constructor(
    id: string,
    date: string | undefined,
    position: Position,
    slab: LineSlab,
    start: number,
    end: number,
  ) {
    this.id = id;
    this.date = date;
    this.position = position;
    this.#slab = slab;
    this.#start = start;
    this.#end = end;
  }

  get line(): string {
    return this.#slab.text(this.#start, this.#end);
  }

  get lineBytes(): number {
    return this.#end - this.#start;
  }

  copyLine(into: Buffer, at: number): void {
    this.#slab.copy(into, at, this.#start, this.#end);
  }
}
