import { isObject, parseJson } from './parse.ts';
import type { RecordWriter } from './record.ts';
import { eventDate } from './time.ts';

/**
 * The `raw` format: `{"id": ..., "source": ..., "entry": ...}` with the bytes of the entry as they came, or
 * `raw_b64` (base64) in place of `entry` when they are not JSON in UTF-8.
 */
export const writeRaw: RecordWriter = (out, entry, utf8, context) => {
  // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
  const text = entry.toString(utf8 ? 'utf8' : 'latin1');
  const value = parseJson(text);
  const readable = utf8 && value !== undefined;
  out.value();
  out.member('id', context.id);
  out.member('source', context.source);
  if (readable) {
    out.key('entry');
    out.bytes(entry);
  } else {
    out.key('raw_b64');
    out.text(entry.toString('base64'));
  }
  out.close();
  const date = isObject(value) ? eventDate(value.timestamp) : undefined;
  return { date, minimal: !readable || !isObject(value) };
};
