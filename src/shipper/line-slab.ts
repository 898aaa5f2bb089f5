import { releaseMemory } from '../runtime/release-memory.ts';
import type { LinePlace, OutRecord, Position } from '../sink/sink.ts';

/** Room at first, bytes. */
const LEAST_BYTES = 16 * 1024;
const ID_LENGTH = 64;
const LF = 0x0a;
const NO_BYTES = Buffer.alloc(0);

/**
 * The lines of one batch as UTF-8 in one piece of memory, each with an LF behind it. A line comes from its mapper in
 * many parts: to keep it so until its batch is sent would cost the garbage collector several times what mapping costs.
 */
export class LineSlab {
  readonly #expectedBytes: number;
  #bytes: Buffer = NO_BYTES;
  #used = 0;
  #ids: Buffer = NO_BYTES;
  #count = 0;
  /** Mostly all records of a batch have one date. */
  #date: string | undefined;
  #released = false;

  /** @param expectedBytes room that will probably do */
  constructor(expectedBytes: number) {
    this.#expectedBytes = Math.max(expectedBytes, LEAST_BYTES);
  }

  /** `record` moved in here; undefined, and nothing kept, when `lineBytes` would be more than `maxBytes`. */
  add(record: OutRecord, maxBytes: number): OutRecord | undefined {
    const start = this.#used;
    const end = start + (record.lineBytes ?? Buffer.byteLength(record.line));
    if (end - this.#count > maxBytes) return undefined;
    if (end >= this.#bytes.length) this.#bytes = enlarged(this.#bytes, start, end + 1, this.#expectedBytes);
    if (record.copyLine === undefined) this.#bytes.write(record.line, start);
    else record.copyLine(this.#bytes, start);
    this.#bytes[end] = LF;
    const { id, date, position } = record;
    const idStart = this.#count * ID_LENGTH;
    if (idStart >= this.#ids.length) {
      this.#ids = enlarged(this.#ids, idStart, idStart + ID_LENGTH, LEAST_BYTES);
    }
    this.#ids.write(id, idStart, 'latin1');
    if (date !== this.#date) this.#date = date;
    this.#used = end + 1;
    this.#count += 1;
    return new SlabRecord(this, idStart, start, end, this.#date, position.segment, position.line);
  }

  /** Bytes of all lines. */
  get lineBytes(): number {
    return this.#used - this.#count;
  }

  /** Bytes that the lines take here. */
  get used(): number {
    return this.#used;
  }

  /** The id at `start`. */
  idAt(start: number): string {
    this.#refuseReleased();
    return this.#ids.toString('latin1', start, start + ID_LENGTH);
  }

  /** The memory that the lines are in. */
  get bytes(): Buffer {
    this.#refuseReleased();
    return this.#bytes;
  }

  /** Gives the memory back at once: the records in it have neither id nor line from now on. */
  release(): void {
    this.#released = true;
    releaseMemory(this.#bytes);
    releaseMemory(this.#ids);
  }

  /** An empty line in place of a record must never reach a sink. */
  #refuseReleased(): void {
    if (!this.#released) return;
    throw new Error('The line of a record was read after its batch was delivered: a defect of the sink.');
  }
}

/** `bytes` in larger memory: `used` of them are kept, `needed` have room, at least `least`. */
function enlarged(bytes: Buffer, used: number, needed: number, least: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, least, 2 * bytes.length));
  bytes.copy(larger, 0, 0, used);
  if (bytes !== NO_BYTES) releaseMemory(bytes);
  return larger;
}

/** Little more than offsets: whole batches of them outlive several collections. */
class SlabRecord implements OutRecord {
  readonly date: string | undefined;
  readonly #slab: LineSlab;
  readonly #idStart: number;
  readonly #start: number;
  readonly #end: number;
  readonly #segment: number;
  readonly #line: number;

  constructor(
    slab: LineSlab,
    idStart: number,
    start: number,
    end: number,
    date: string | undefined,
    segment: number,
    line: number,
  ) {
    this.date = date;
    this.#slab = slab;
    this.#idStart = idStart;
    this.#start = start;
    this.#end = end;
    this.#segment = segment;
    this.#line = line;
  }

  get id(): string {
    return this.#slab.idAt(this.#idStart);
  }

  get position(): Position {
    return { segment: this.#segment, line: this.#line };
  }

  get line(): string {
    return this.#slab.bytes.toString('utf8', this.#start, this.#end);
  }

  get lineBytes(): number {
    return this.#end - this.#start;
  }

  get place(): LinePlace {
    return { bytes: this.#slab.bytes, start: this.#start, end: this.#end };
  }

  copyLine(into: Buffer, at: number): void {
    this.#slab.bytes.copy(into, at, this.#start, this.#end);
  }
}
