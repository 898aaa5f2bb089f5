import { quote } from './json.ts';
import { isObject, parseJson } from './parse.ts';
import type { RecordContext, RecordMapper } from './record.ts';
import { eventDate } from './time.ts';

function head(context: RecordContext): string {
  return `{"id":${quote(context.id)},"source":${quote(context.source)},`;
}

/**
 * The `raw` format: `{"id": ..., "source": ..., "entry": ...}` with the bytes of the entry as they came, or
 * `raw_b64` (base64) in place of `entry` when they are not JSON in UTF-8.
 */
export const mapRaw: RecordMapper = (entry, utf8, context) => {
  // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
  const text = entry.toString(utf8 ? 'utf8' : 'latin1');
  const value = parseJson(text);
  const date = isObject(value) ? eventDate(value.timestamp) : undefined;
  if (!utf8 || value === undefined) {
    return { line: `${head(context)}"raw_b64":"${entry.toString('base64')}"}`, date, minimal: true };
  }
  return { line: `${head(context)}"entry":${text}}`, date, minimal: !isObject(value) };
};
