import { createHash } from 'node:crypto';
import { escapeActive } from './json.ts';
import type { LineWriter } from './line-writer.ts';

/** Longest text that OCSF 1.3 and earlier allow, in characters. Later versions have no limit. */
const MAX_TEXT = 65_535;

/** `unmapped` is free of limits: texts stay whole there. */
const FREE = 'unmapped';

function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const mark = `…sha256:${createHash('sha256').update(text).digest('hex')}`;
  return text.slice(0, MAX_TEXT - mark.length).toWellFormed() + mark;
}

/**
 * Writes the record anew with texts cut to what OCSF 1.3 allows, each with the SHA-256 of the whole at its end.
 * Records without such a text, nearly all, are left as they are.
 */
export function limitTexts(out: LineWriter): void {
  if (out.length <= MAX_TEXT) return;
  const line = out.toString();
  if (line.length <= MAX_TEXT) return;
  const record = JSON.parse(line) as Record<string, unknown>;
  for (const key of Object.keys(record)) if (key !== FREE) record[key] = limitValue(record[key]);
  out.begin();
  out.json(escapeActive(JSON.stringify(record)));
}

/** Recursion ends with the depth of the record, which is fixed: entries are never copied as objects. */
function limitValue(value: unknown): unknown {
  if (typeof value === 'string') return cut(value);
  if (Array.isArray(value)) return value.map(limitValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, limitValue(each)]));
}
