/** One event as HEC takes it, for the stub of the collector and for tests of what is sent. */
export interface Envelope {
  readonly time: number;
  readonly host: string;
  readonly source: string;
  readonly sourcetype: string;
  readonly index?: string;
  // biome-ignore lint/suspicious/noExplicitAny: records are looked into by path
  readonly event: any;
  readonly fields: Readonly<Record<string, string>>;
}

/** The keys of HEC's event format, and the type of each. */
const KEYS: Readonly<Record<string, string>> = {
  time: 'number',
  host: 'string',
  source: 'string',
  sourcetype: 'string',
  index: 'string',
  event: 'object',
  fields: 'object',
};

/** Names that an indexed field can have, as `fields.conf` says. */
const FIELD_NAME = /^[a-zA-Z][a-zA-Z0-9.:_]*$/;

/**
 * An envelope, or the code that Splunk refuses it with: 6 for what is no JSON object or has other keys or types than
 * the event format, 7 for an index that is not among `indexes`, 12 and 13 for a missing or blank event, 15 for fields
 * that are not flat.
 */
export function parseEnvelope(text: string, indexes: readonly string[] = []): Envelope | number {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return 6;
  }
  for (const [key, each] of Object.entries(value)) {
    if (each === null || KEYS[key] !== typeof each) return key === 'event' ? 13 : 6;
  }
  if (value.event === undefined) return 12;
  if (indexes.length > 0 && !indexes.includes(String(value.index ?? indexes[0]))) return 7;
  const isFlat = ([name, each]: [string, unknown]) => FIELD_NAME.test(name) && typeof each === 'string';
  return Object.entries(value.fields ?? {}).every(isFlat) ? (value as unknown as Envelope) : 15;
}

/** Cuts JSON objects that stand one after another. What is left over stands as it is. */
export function splitObjects(text: string): string[] {
  const objects: string[] = [];
  let from = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{') depth += 1;
    else if (char === '}' && --depth === 0) {
      objects.push(text.slice(from, at + 1).trim());
      from = at + 1;
    }
  }
  const rest = text.slice(from).trim();
  return rest === '' ? objects : [...objects, rest];
}
