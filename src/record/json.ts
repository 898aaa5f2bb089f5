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

/** Texts as a JSON array. */
export function quoteAll(texts: readonly string[]): string {
  return `[${texts.map(quote).join(',')}]`;
}
