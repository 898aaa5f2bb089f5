import { isUtf8 } from 'node:buffer';
import { skipString } from './scanner.ts';

/** Longer runs are copied by the machine, shorter ones byte by byte. */
const LONG_RUN = 40;
/** A scratch that grew beyond it for one entry is given back. */
const MAX_KEPT = 1 << 20;
const START_SIZE = 4096;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const SLASH = 0x2f;
const SPACE = 0x20;

/** The literal in bytes, for {@link CanonicalText.literal}. */
export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/**
 * Canonical JSON, written into a scratch that is used again: no white space between tokens, strings in the one form
 * that `JSON.stringify` gives them. What it writes holds no line break, so lines can frame it.
 */
export class CanonicalText {
  /** The scratch. Another one after each growth: do not keep it. */
  bytes: Buffer = Buffer.allocUnsafeSlow(START_SIZE);
  /** How much of it is written, bytes. */
  length = 0;

  /** Starts anew. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > MAX_KEPT) this.bytes = Buffer.allocUnsafeSlow(START_SIZE);
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  /** One byte. */
  byte(value: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** A short run of bytes, all of it. */
  literal(literal: Uint8Array): void {
    this.run(literal, 0, literal.length);
  }

  /** `source[start, end)` as it is. */
  run(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const target = this.bytes;
    let at = this.length;
    if (end - start > LONG_RUN) target.set(source.subarray(start, end), at);
    else for (let p = start; p < end; p++) target[at++] = source[p]!;
    this.length += end - start;
  }

  /** A whole number, `0 <= value <= MAX_SAFE_INTEGER`, in at least `digits` digits. */
  integer(value: number, digits: number): void {
    this.reserve(16);
    let width = digits;
    for (let power = 10 ** digits; value >= power; power *= 10) width += 1;
    let rest = value;
    for (let at = this.length + width - 1; at >= this.length; at--) {
      const quotient = Math.floor(rest / 10);
      this.bytes[at] = 0x30 + rest - quotient * 10;
      rest = quotient;
    }
    this.length += width;
  }

  /**
   * The valid string token `source[start, end)`, quotes included, as `JSON.stringify(JSON.parse(token))`: for a token
   * without backslash those are its own bytes. A token with escapes that is not UTF-8 stays as it is.
   */
  string(source: Buffer, start: number, end: number): void {
    // The canonical form of a token is never longer than the token.
    this.reserve(end - start);
    this.#copyString(source, start);
  }

  /** The valid value `source[start, end)`: numbers and the order of keys stay as they are. */
  value(source: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    for (let p = start; p < end; ) {
      const byte = source[p]!;
      if (byte === QUOTE) p = this.#copyString(source, p);
      else {
        if (byte > SPACE) this.bytes[this.length++] = byte;
        p += 1;
      }
    }
  }

  /** Writes the string token at `start` into room that is there. Returns the index behind it. */
  #copyString(source: Buffer, start: number): number {
    const target = this.bytes;
    let at = this.length;
    target[at++] = QUOTE;
    for (let p = start + 1; ; p++) {
      const byte = source[p]!;
      target[at++] = byte;
      if (byte === QUOTE) {
        this.length = at;
        return p + 1;
      }
      if (byte !== BACKSLASH) continue;
      p += 1;
      const escaped = source[p]!;
      if (escaped === LETTER_U || escaped === SLASH) break;
      // The other escapes are what JSON.stringify writes.
      target[at++] = escaped;
    }
    const end = skipString(source, start);
    const token = source.subarray(start, end);
    const isText = isUtf8(token);
    this.literal(isText ? Buffer.from(JSON.stringify(JSON.parse(token.toString('utf8'))), 'utf8') : token);
    return end;
  }
}

/** In front of a value of another type than its field has. No JSON begins so. */
const WRONG_TYPE = 0x21;

/** Appends the value `source[start, end)` of another type than its field has: it counts as it came, behind `!`. */
export function writeWrongType(source: Buffer, start: number, end: number, into: CanonicalText): void {
  into.byte(WRONG_TYPE);
  into.value(source, start, end);
}
