import { isUtf8 } from 'node:buffer';
import { releaseMemory } from '../runtime/release-memory.ts';
import type { Entry } from './entry.ts';
import type { Nanos } from './span.ts';

const ID_LENGTH = 64;
/** Room at first: what the API gives at most. */
const INITIAL_ENTRIES = 1000;

/**
 * The entries of one answer. Tens of thousands wait at a time, long enough for the garbage collector to copy and to
 * search them: so their ids stand in memory of their own, and an entry is little more than two offsets.
 */
export class CutEntries {
  /** In the order they were added. */
  readonly all: Entry[] = [];
  /** The answer. */
  readonly body: Buffer;
  /** Whether all of the answer is valid UTF-8. */
  readonly utf8: boolean;
  #ids = Buffer.allocUnsafeSlow(INITIAL_ENTRIES * ID_LENGTH);

  constructor(body: Buffer, utf8: boolean) {
    this.body = body;
    this.utf8 = utf8;
  }

  /** Adds the entry `body[start, end)`. */
  add(start: number, end: number, at: Nanos | undefined, baseId: string): void {
    const idStart = this.all.length * ID_LENGTH;
    if (idStart === this.#ids.length) this.#grow();
    this.#ids.write(baseId, idStart, 'latin1');
    this.all.push(new CutEntry(this, idStart, start, end, at));
  }

  /** The id that was put at `idStart`. */
  idAt(idStart: number): string {
    // An empty id in place of one must never reach the journal.
    if (this.#ids.length === 0) throw new Error('An entry was read after its answer was released: a defect.');
    return this.#ids.toString('latin1', idStart, idStart + ID_LENGTH);
  }

  /** Gives the memory of the ids back at once. */
  release(): void {
    releaseMemory(this.#ids);
  }

  #grow(): void {
    const former = this.#ids;
    this.#ids = Buffer.allocUnsafeSlow(2 * former.length);
    former.copy(this.#ids);
    releaseMemory(former);
  }
}

class CutEntry implements Entry {
  readonly at: Nanos | undefined;
  readonly #answer: CutEntries;
  readonly #idStart: number;
  readonly #start: number;
  readonly #end: number;

  constructor(answer: CutEntries, idStart: number, start: number, end: number, at: Nanos | undefined) {
    this.at = at;
    this.#answer = answer;
    this.#idStart = idStart;
    this.#start = start;
    this.#end = end;
  }

  get bytes(): Buffer {
    return this.#answer.body.subarray(this.#start, this.#end);
  }

  get size(): number {
    return this.#end - this.#start;
  }

  get baseId(): string {
    return this.#answer.idAt(this.#idStart);
  }

  get utf8(): boolean {
    return this.#answer.utf8 || isUtf8(this.bytes);
  }
}
