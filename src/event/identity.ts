import { hash } from 'node:crypto';
import { ascii, CanonicalText, writeWrongType } from './canonical.ts';
import { OPERATION_CODES } from './catalogue.ts';
import { forget, KeySet, placesFor, scanMembers } from './members.ts';
import { firstItem, nextItem, skipValue } from './scanner.ts';
import type { Nanos } from './span.ts';
import { TargetForms } from './target-forms.ts';
import { readTimestamp, type TimeParts, toNanos } from './timestamp.ts';

/** First line of every preimage of event id version 1; ids of twins are made under it too. */
export const ID_TAG = 'clarifai-audit-event/1';

const FIELDS = new KeySet([
  'req_id',
  'timestamp',
  'operation',
  'user',
  'source_ip',
  'success',
  'description',
  'details',
  'targets',
]);
const Field = {
  reqId: 0,
  timestamp: 1,
  operation: 2,
  user: 3,
  sourceIp: 4,
  success: 5,
  description: 6,
  details: 7,
  targets: 8,
} as const;
const USER_FIELDS = new KeySet(['id']);

const LINE_END = 0x0a;
const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const AT = 0x40;
const BACKSLASH = 0x5c;
const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
const FALSE = 0x66;
const NULL = 0x6e;
const TRUE = 0x74;

const TAG_LINE = ascii(`${ID_TAG}\n`);
const EMPTY_STRING = ascii('""');
const EMPTY_ARRAY = ascii('[]');
const NULL_WORD = ascii('null');
const FALSE_WORD = ascii('false');
const TRUE_WORD = ascii('true');
const ZERO = ascii('0');

const NO_BYTES = Buffer.alloc(0);
const LONGEST_NAME = 64;
/** Digits of whole numbers that are exact whatever they are. */
const EXACT_DIGITS = 15;

/**
 * Reads what identifies an entry in one pass over its bytes that checks them too. One reader serves any number of
 * entries, one after the other; it builds no object for a field.
 *
 * The preimage of a base id is a tag line, then one line for each field in the order of `FIELDS`:
 * - a text (of the user, the `id`): as `JSON.stringify` writes it; default `""`;
 * - the time: `@<seconds>.<nanoseconds>`; default `null`;
 * - the operation: its number in decimal, by {@link OPERATION_CODES} for a name, an unknown name as a text; default `0`;
 * - success: default `false`; details: the array without white space, default `[]`; targets: {@link TargetForms}.
 *
 * Null counts as absent, absent as the default of the proto. A value of another type than its field has, an unusable
 * timestamp and a number that is not whole or not exact stand as they came, behind `!`. An entry that is no object is
 * one line: `!` and itself. No line holds a line break and each form can be told from every other, so entries share a
 * preimage only if all of these fields are equal (a leap second equals the nanosecond before it).
 */
export class IdentityReader {
  readonly #places = placesFor(FIELDS);
  readonly #userPlaces = placesFor(USER_FIELDS);
  readonly #targets = new TargetForms();
  readonly #text = new CanonicalText();
  readonly #time: TimeParts = { seconds: 0, nanoseconds: 0 };
  #bytes: Buffer = NO_BYTES;
  #start = 0;
  #end = 0;
  #isDated = false;

  /**
   * Scans the value that starts at `at`; the methods below are about it then. Returns the index behind it. Throws
   * JsonFault where it is no JSON.
   */
  scan(bytes: Buffer, at: number): number {
    this.#bytes = bytes;
    this.#start = at;
    this.#isDated = false;
    if (bytes[at] !== OPENING_BRACE) this.#end = skipValue(bytes, at);
    else {
      this.#end = this.#scanObject(bytes, at);
      this.#isDated = this.#readTime();
    }
    return this.#end;
  }

  /** Event time; undefined without a usable one. */
  at(): Nanos | undefined {
    return this.#isDated ? toNanos(this.#time) : undefined;
  }

  /** The event id without the ordinal of twins. To be asked once: it lets go of the bytes. */
  baseId(): string {
    const text = this.#text;
    this.#writePreimage();
    const id = hash('sha256', text.bytes.subarray(0, text.length));
    text.clear();
    this.#bytes = NO_BYTES;
    return id;
  }

  #scanObject(bytes: Buffer, at: number): number {
    forget(this.#places);
    forget(this.#userPlaces);
    let p = firstItem(bytes, at + 1, OPENING_BRACE + 2);
    while (p >= 0) {
      const field = FIELDS.read(bytes, p);
      const start = FIELDS.valueStart;
      let end: number;
      if (field === Field.user && bytes[start] === OPENING_BRACE) {
        end = scanMembers(bytes, start, USER_FIELDS, this.#userPlaces);
      } else if (field === Field.targets && bytes[start] === OPENING_BRACKET) {
        end = this.#targets.scan(bytes, start);
      } else end = skipValue(bytes, start);
      if (field >= 0) {
        this.#places[2 * field] = start;
        this.#places[2 * field + 1] = end;
      }
      p = nextItem(bytes, end, OPENING_BRACE + 2);
    }
    return -1 - p;
  }

  #readTime(): boolean {
    const start = this.#places[2 * Field.timestamp]!;
    const end = this.#places[2 * Field.timestamp + 1]!;
    if (end === 0 || this.#bytes[start] !== QUOTE) return false;
    if (readTimestamp(this.#bytes, start + 1, end - 1, this.#time)) return true;
    const token = this.#bytes.subarray(start, end);
    if (!token.includes(BACKSLASH)) return false;
    const decoded = Buffer.from(JSON.parse(token.toString('utf8')));
    return readTimestamp(decoded, 0, decoded.length, this.#time);
  }

  #writePreimage(): void {
    const text = this.#text;
    text.clear();
    text.literal(TAG_LINE);
    if (this.#bytes[this.#start] !== OPENING_BRACE) {
      writeWrongType(this.#bytes, this.#start, this.#end, text);
      text.byte(LINE_END);
      return;
    }
    this.#writeString(this.#places, Field.reqId);
    this.#writeTime();
    this.#writeOperation();
    this.#writeUser();
    this.#writeString(this.#places, Field.sourceIp);
    this.#writeSuccess();
    this.#writeString(this.#places, Field.description);
    this.#writeDetails();
    this.#writeTargets();
  }

  /** Writes the line of a field that is absent, null or of a wrong type; false when it is of type `opening`. */
  #writeOdd(places: Int32Array, field: number, opening: number, absent: Uint8Array): boolean {
    const start = places[2 * field]!;
    const end = places[2 * field + 1]!;
    const first = this.#bytes[start];
    if (end === 0 || first === NULL) this.#text.literal(absent);
    else if (first === opening) return false;
    else writeWrongType(this.#bytes, start, end, this.#text);
    this.#text.byte(LINE_END);
    return true;
  }

  #writeString(places: Int32Array, field: number): void {
    if (this.#writeOdd(places, field, QUOTE, EMPTY_STRING)) return;
    this.#text.string(this.#bytes, places[2 * field]!, places[2 * field + 1]!);
    this.#text.byte(LINE_END);
  }

  #writeTime(): void {
    const text = this.#text;
    if (!this.#isDated) {
      this.#writeOdd(this.#places, Field.timestamp, 0, NULL_WORD);
      return;
    }
    const { seconds, nanoseconds } = this.#time;
    text.byte(AT);
    if (seconds < 0) text.byte(MINUS);
    text.integer(Math.abs(seconds), 1);
    text.byte(POINT);
    text.integer(nanoseconds, 9);
    text.byte(LINE_END);
  }

  #writeOperation(): void {
    const text = this.#text;
    const start = this.#places[2 * Field.operation]!;
    const end = this.#places[2 * Field.operation + 1]!;
    const first = this.#bytes[start]!;
    if (end !== 0 && (first === MINUS || (first >= 0x30 && first <= 0x39))) {
      this.#writeNumber(start, end);
      text.byte(LINE_END);
      return;
    }
    if (this.#writeOdd(this.#places, Field.operation, QUOTE, ZERO)) return;
    const from = text.length;
    text.string(this.#bytes, start, end);
    if (text.length - from <= LONGEST_NAME) {
      const code = OPERATION_CODES.get(text.bytes.toString('latin1', from + 1, text.length - 1));
      if (code !== undefined) {
        text.length = from;
        text.integer(code, 1);
      }
    }
    text.byte(LINE_END);
  }

  /** A whole number in decimal, however it came; any other number as it came. */
  #writeNumber(start: number, end: number): void {
    const text = this.#text;
    let p = start;
    while (p < end && this.#bytes[p]! >= 0x30 && this.#bytes[p]! <= 0x39) p += 1;
    if (p < end || end - start > EXACT_DIGITS) {
      const value = Number(this.#bytes.toString('latin1', start, end));
      if (Number.isSafeInteger(value)) {
        if (value < 0) text.byte(MINUS);
        text.integer(Math.abs(value), 1);
      } else writeWrongType(this.#bytes, start, end, text);
    } else text.run(this.#bytes, start, end);
  }

  #writeUser(): void {
    if (this.#writeOdd(this.#places, Field.user, OPENING_BRACE, EMPTY_STRING)) return;
    this.#writeString(this.#userPlaces, 0);
  }

  #writeSuccess(): void {
    const text = this.#text;
    const isTrue = this.#bytes[this.#places[2 * Field.success]!] === TRUE;
    if (!isTrue && this.#writeOdd(this.#places, Field.success, FALSE, FALSE_WORD)) return;
    text.literal(isTrue ? TRUE_WORD : FALSE_WORD);
    text.byte(LINE_END);
  }

  #writeDetails(): void {
    if (this.#writeOdd(this.#places, Field.details, OPENING_BRACKET, EMPTY_ARRAY)) return;
    const start = this.#places[2 * Field.details]!;
    this.#text.value(this.#bytes, start, this.#places[2 * Field.details + 1]!);
    this.#text.byte(LINE_END);
  }

  #writeTargets(): void {
    if (this.#writeOdd(this.#places, Field.targets, OPENING_BRACKET, EMPTY_ARRAY)) return;
    this.#targets.write(this.#text);
    this.#text.byte(LINE_END);
  }
}
