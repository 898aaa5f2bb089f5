import { releaseMemory } from '../runtime/release-memory.ts';
import { quote } from './json.ts';

/** Room at first, bytes. */
const INITIAL_BYTES = 16 * 1024;
/** More room than this is given back before the next line, bytes. */
const KEPT_BYTES = 1024 * 1024;
/** UTF-8 bytes that one UTF-16 unit takes at most. */
const MAX_BYTES_PER_UNIT = 3;
const MAX_DEPTH = 16;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const DELETE = 0x7f;

/**
 * Writes one line of JSON as UTF-8 into memory that it uses again for the next: records are made several times
 * faster than as objects, and nothing is left for the garbage collector.
 *
 * Every member and element is written with a comma in front. The first one's becomes the bracket that opens its
 * object or array when that is closed, so what is left out leaves no trace.
 */
export class LineWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #length = 0;
  #lines = 0;
  /** Of each open object or array: where it is dropped from if it stays empty, and where its content begins. */
  readonly #before = new Int32Array(MAX_DEPTH);
  readonly #content = new Int32Array(MAX_DEPTH);
  readonly #brackets = new Uint8Array(MAX_DEPTH);
  #depth = 0;

  /** Bytes of the line so far. */
  get length(): number {
    return this.#length;
  }

  /** How many lines were begun: tells whether what was read of a line is still there. */
  get lines(): number {
    return this.#lines;
  }

  /** Begins a line. What was written before is gone. */
  begin(): void {
    if (this.#bytes.length > KEPT_BYTES) this.#replace(Buffer.allocUnsafeSlow(INITIAL_BYTES));
    this.#length = 0;
    this.#depth = 0;
    this.#lines += 1;
  }

  /** The line as text. */
  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#length);
  }

  /** Copies the line. */
  copy(into: Buffer, at: number): void {
    this.#bytes.copy(into, at, 0, this.#length);
  }

  /** Writes JSON as it is; well-formed UTF-16. */
  json(text: string): void {
    const units = text.length;
    const start = this.#room(units);
    const bytes = this.#bytes;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit > DELETE) {
        this.#encode(text);
        return;
      }
      bytes[start + i] = unit;
    }
    this.#length = start + units;
  }

  /** Writes JSON in UTF-8 as it is. */
  bytes(json: Uint8Array): void {
    const at = this.#room(json.length);
    this.#bytes.set(json, at);
    this.#length = at + json.length;
  }

  /** Writes the line of another writer as it is. */
  line(other: LineWriter): void {
    const at = this.#room(other.length);
    other.copy(this.#bytes, at);
    this.#length = at + other.length;
  }

  /** Writes `text` as a JSON string: see {@link quote}. */
  text(text: string): void {
    const units = text.length;
    let at = this.#room(2 * units + 2);
    const bytes = this.#bytes;
    bytes[at++] = QUOTE;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x20 || unit >= DELETE) {
        this.#encode(quote(text));
        return;
      }
      if (unit === QUOTE || unit === BACKSLASH) bytes[at++] = BACKSLASH;
      bytes[at++] = unit;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  /** Writes `,"key":`. `key` must need no escaping. */
  key(key: string): void {
    const units = key.length;
    let at = this.#room(units + 4);
    const bytes = this.#bytes;
    bytes[at++] = COMMA;
    bytes[at++] = QUOTE;
    for (let i = 0; i < units; i++) bytes[at++] = key.charCodeAt(i);
    bytes[at++] = QUOTE;
    bytes[at++] = COLON;
    this.#length = at;
  }

  /** Writes the member `key` with a text; nothing when `text` is undefined. */
  member(key: string, text: string | undefined): void {
    if (text === undefined) return;
    this.key(key);
    this.text(text);
  }

  /** Writes the member `key` with an array of texts; nothing when there are none. */
  texts(key: string, texts: readonly string[]): void {
    if (texts.length === 0) return;
    this.array(key);
    for (const each of texts) {
      this.comma();
      this.text(each);
    }
    this.close();
  }

  /** Writes the comma in front of an element. */
  comma(): void {
    const at = this.#room(1);
    this.#bytes[at] = COMMA;
    this.#length = at + 1;
  }

  /** Opens the object that is the member `key`; nothing is left of it when it is closed without a member. */
  object(key: string): void {
    this.#open(OPENING_BRACE, this.#length);
    this.key(key);
    this.#content[this.#depth - 1] = this.#length;
  }

  /** Opens the array that is the member `key`; nothing is left of it when it is closed without an element. */
  array(key: string): void {
    this.#open(OPENING_BRACKET, this.#length);
    this.key(key);
    this.#content[this.#depth - 1] = this.#length;
  }

  /** Opens an object as a value. It must get a member. */
  value(): void {
    this.#open(OPENING_BRACE, this.#length);
    this.#content[this.#depth - 1] = this.#length;
  }

  /** Closes the innermost object or array. */
  close(): void {
    this.#depth -= 1;
    const content = this.#content[this.#depth]!;
    if (this.#length === content) {
      this.#length = this.#before[this.#depth]!;
      return;
    }
    const bracket = this.#brackets[this.#depth]!;
    const at = this.#room(1);
    this.#bytes[content] = bracket;
    // In ASCII each closing bracket is two behind its opening one.
    this.#bytes[at] = bracket + 2;
    this.#length = at + 1;
  }

  #open(bracket: number, before: number): void {
    this.#brackets[this.#depth] = bracket;
    this.#before[this.#depth] = before;
    this.#depth += 1;
  }

  #encode(json: string): void {
    const at = this.#room(json.length * MAX_BYTES_PER_UNIT);
    this.#length = at + this.#bytes.write(json, at);
  }

  /** Makes room for `bytes` more. Returns where they go. */
  #room(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#bytes.length) this.#grow(at + bytes);
    return at;
  }

  #grow(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#replace(bytes);
  }

  /** Large lines come one after another: what the garbage collector would find later adds up. */
  #replace(bytes: Buffer<ArrayBuffer>): void {
    releaseMemory(this.#bytes);
    this.#bytes = bytes;
  }
}
