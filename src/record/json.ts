/*
 * JSON text by hand: records are built as text, several times faster than as objects. A member is `,"key":value`
 * with its comma in front, so that what is left out leaves no trace.
 */

/** Text that JSON takes as it is: printable ASCII without quotation mark and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** What JSON allows unescaped but terminals and line readers act on: DEL, C1 controls, U+2028 and U+2029. */
const ACTIVE = /[\u007f-\u009f\u2028\u2029]/;
const EVERY_ACTIVE = new RegExp(ACTIVE, 'g');

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * `text` as a JSON string, quotation marks included. Lone surrogates become U+FFFD; control characters and line
 * separators are escaped, so that the result is one line for every reader.
 */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  return escapeActive(JSON.stringify(text.toWellFormed()));
}

/** JSON with everything escaped that breaks lines or acts on terminals. */
export function escapeActive(json: string): string {
  return ACTIVE.test(json) ? json.replace(EVERY_ACTIVE, escapeUnit) : json;
}

/** A JSON array of values that are JSON already. */
export function array(values: readonly string[]): string {
  let list = '';
  for (const value of values) list += list === '' ? value : `,${value}`;
  return `[${list}]`;
}

/** JSON strings as one, joined by `; `. */
export function joinTexts(texts: readonly string[]): string {
  return texts.length === 1 ? texts[0]! : `"${texts.map((each) => each.slice(1, -1)).join('; ')}"`;
}

/** The member `key` with a text, or nothing when `text` is undefined. `key` must need no escaping. */
export function member(key: string, text: string | undefined): string {
  return text === undefined ? '' : `,"${key}":${quote(text)}`;
}

/** The member `key` with an array of texts, or nothing when there are none. */
export function arrayMember(key: string, texts: readonly string[]): string {
  return texts.length === 0 ? '' : `,"${key}":${array(texts.map(quote))}`;
}

/** An object of members. */
export function object(members: string): string {
  return `{${members.slice(1)}}`;
}

/** The member `key` with an object of members, or nothing when there are none. */
export function section(key: string, members: string): string {
  return members === '' ? '' : `,"${key}":{${members.slice(1)}}`;
}
