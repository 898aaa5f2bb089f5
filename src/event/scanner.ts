/** Thrown where a text stops being JSON. The message holds nothing of the text. */
export class JsonFault extends SyntaxError {
  /** Where, in bytes from the start of what was scanned. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.name = 'JsonFault';
    this.offset = offset;
  }
}

/** 1 for bytes that end the plain run of a string: the quote, the backslash, control characters. */
const STOPS_STRING = new Uint8Array(256).fill(1, 0, 0x20);
STOPS_STRING[0x22] = 1;
STOPS_STRING[0x5c] = 1;

const SIMPLE_ESCAPES = new Uint8Array(256);
for (const each of Buffer.from('"\\/bfnrt')) SIMPLE_ESCAPES[each] = 1;

const HEX_DIGITS = new Uint8Array(256);
for (const each of Buffer.from('0123456789abcdefABCDEF')) HEX_DIGITS[each] = 1;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Open containers of {@link skipValue}: 1 an object, 0 an array. Grows as nesting asks for it. */
let nesting = new Uint8Array(1024);

/** Index of the first byte at or behind `at` that is no JSON white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let p = at;
  for (;;) {
    const byte = bytes[p];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return p;
    p += 1;
  }
}

/**
 * Index of the first byte of the string that starts at `at` that does not stand for itself: the closing quote, a
 * backslash, or what no string may hold. Throws {@link JsonFault} when no string starts there.
 */
export function plainRunEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x22) throw new JsonFault('a string is missing', at);
  let p = at + 1;
  while (STOPS_STRING[bytes[p]!] === 0) p += 1;
  return p;
}

/** Index behind the string that starts at `at`. Bytes that are not UTF-8 are let through. Throws {@link JsonFault}. */
export function skipString(bytes: Uint8Array, at: number): number {
  const end = plainRunEnd(bytes, at);
  return bytes[end] === 0x22 ? end + 1 : skipRestOfString(bytes, end);
}

/** Index behind the string that has a byte of note at `at`. Throws {@link JsonFault}. */
export function skipRestOfString(bytes: Uint8Array, at: number): number {
  let p = at;
  for (;;) {
    while (STOPS_STRING[bytes[p]!] === 0) p += 1;
    const byte = bytes[p];
    if (byte === 0x22) return p + 1;
    if (byte !== 0x5c) {
      throw new JsonFault(byte === undefined ? 'a string has no end' : 'a control character in a string', p);
    }
    p = skipEscape(bytes, p);
  }
}

function skipEscape(bytes: Uint8Array, at: number): number {
  const byte = bytes[at + 1];
  if (byte === undefined) throw new JsonFault('a string has no end', at);
  if (SIMPLE_ESCAPES[byte] === 1) return at + 2;
  if (byte !== 0x75) throw new JsonFault('an unknown escape in a string', at);
  for (let p = at + 2; p < at + 6; p++) {
    if (HEX_DIGITS[bytes[p]!] !== 1) throw new JsonFault('a broken \\u escape in a string', at);
  }
  return at + 6;
}

/**
 * Index of the value that belongs to a key: skips the colon and the white space around it. Throws {@link JsonFault}.
 *
 * @param keyEnd index behind the key
 */
export function skipColon(bytes: Uint8Array, keyEnd: number): number {
  let p = keyEnd;
  if (bytes[p] !== 0x3a) {
    p = skipSpace(bytes, p);
    if (bytes[p] !== 0x3a) throw new JsonFault('a colon is missing', p);
  }
  p += 1;
  return bytes[p]! <= 0x20 ? skipSpace(bytes, p) : p;
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let p = at;
  while (bytes[p]! >= 0x30 && bytes[p]! <= 0x39) p += 1;
  if (p === at) throw new JsonFault('a digit is missing', at);
  return p;
}

function skipNumber(bytes: Uint8Array, at: number): number {
  let p = bytes[at] === 0x2d ? at + 1 : at;
  p = bytes[p] === 0x30 ? p + 1 : skipDigits(bytes, p);
  if (bytes[p] === 0x2e) p = skipDigits(bytes, p + 1);
  if (bytes[p] === 0x65 || bytes[p] === 0x45) {
    const sign = bytes[p + 1];
    p = skipDigits(bytes, sign === 0x2b || sign === 0x2d ? p + 2 : p + 1);
  }
  return p;
}

function skipWord(bytes: Uint8Array, at: number, word: Buffer): number {
  for (let i = 1; i < word.length; i++) {
    if (bytes[at + i] !== word[i]) throw new JsonFault('an unknown word', at);
  }
  return at + word.length;
}

function skipScalar(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]!;
  if (byte === 0x22) return skipString(bytes, at);
  if ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d) return skipNumber(bytes, at);
  if (byte === 0x74) return skipWord(bytes, at, TRUE);
  if (byte === 0x66) return skipWord(bytes, at, FALSE);
  if (byte === 0x6e) return skipWord(bytes, at, NULL);
  throw new JsonFault(at < bytes.length ? 'a value is missing' : 'the text ends where a value is due', at);
}

function push(depth: number, isObject: number): number {
  if (depth === nesting.length) {
    const larger = new Uint8Array(depth * 2);
    larger.set(nesting);
    nesting = larger;
  }
  nesting[depth] = isObject;
  return depth + 1;
}

/**
 * Index behind the value that starts at `at`. Checks it whole (RFC 8259, UTF-8 aside); any depth of nesting is
 * taken, the stack does not grow with it. Throws {@link JsonFault}.
 */
export function skipValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first !== 0x7b && first !== 0x5b) return skipScalar(bytes, at);
  let p = at;
  let depth = 0;
  for (;;) {
    const opening = bytes[p];
    if (opening === 0x7b || opening === 0x5b) {
      p += 1;
      if (bytes[p]! <= 0x20) p = skipSpace(bytes, p);
      // In ASCII each closing bracket is two behind its opening one.
      if (bytes[p] === opening + 2) p += 1;
      else {
        depth = push(depth, opening === 0x7b ? 1 : 0);
        if (opening === 0x7b) p = skipColon(bytes, skipString(bytes, p));
        continue;
      }
    } else p = skipScalar(bytes, p);
    for (;;) {
      if (depth === 0) return p;
      if (bytes[p]! <= 0x20) p = skipSpace(bytes, p);
      const isObject = nesting[depth - 1] === 1;
      if (bytes[p] === 0x2c) {
        p += 1;
        if (bytes[p]! <= 0x20) p = skipSpace(bytes, p);
        if (isObject) p = skipColon(bytes, skipString(bytes, p));
        break;
      }
      if (bytes[p] !== (isObject ? 0x7d : 0x5d))
        throw new JsonFault('a comma or a closing bracket is missing', p);
      p += 1;
      depth -= 1;
    }
  }
}

/**
 * Index of the next member or element of an object or array, or -1 - (index behind it) when it ends here.
 * Throws {@link JsonFault}.
 *
 * @param at index behind the last value
 * @param closing the container's closing bracket
 */
export function nextItem(bytes: Uint8Array, at: number, closing: number): number {
  const p = bytes[at]! <= 0x20 ? skipSpace(bytes, at) : at;
  if (bytes[p] === 0x2c) return bytes[p + 1]! <= 0x20 ? skipSpace(bytes, p + 1) : p + 1;
  if (bytes[p] === closing) return -1 - (p + 1);
  throw new JsonFault('a comma or a closing bracket is missing', p);
}

/** As {@link nextItem}, for the first one. @param at index behind the opening bracket */
export function firstItem(bytes: Uint8Array, at: number, closing: number): number {
  const p = bytes[at]! <= 0x20 ? skipSpace(bytes, at) : at;
  return bytes[p] === closing ? -1 - (p + 1) : p;
}
