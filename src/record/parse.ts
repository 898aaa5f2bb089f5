/**
 * Told what an entry holds that no record can show, as a name from a fixed set: `wrong_type.<field>`,
 * `unknown_operation`, `unknown_target_kind`, `unknown_field`, `odd_address`, `not_utf8`, `not_an_object`, and the
 * marks of a record's time (`undated`, `future_dated`, `time_out_of_range`).
 */
export type Count = (what: string) => void;

/** An object of an entry, as `JSON.parse` made it: keys may be anything, `__proto__` included. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON value, or undefined when `text` is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether `value` is a JSON object, not null and not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty, or undefined; what is there but is no text is counted under `field`. */
export function readText(value: unknown, field: string, count: Count): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (value !== undefined) count(`wrong_type.${field}`);
  return undefined;
}

const NO_TEXTS: readonly string[] = [];

/** The texts of an array that are not empty; what is no text is counted under `field`. */
export function readTexts(value: unknown, field: string, count: Count): readonly string[] {
  if (value === undefined) return NO_TEXTS;
  if (!Array.isArray(value)) {
    count(`wrong_type.${field}`);
    return NO_TEXTS;
  }
  const texts: string[] = [];
  for (const each of value) {
    const text = readText(each, field, count);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}
