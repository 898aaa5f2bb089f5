import { SECOND } from '../event/span.ts';
import { LineWriter } from './line-writer.ts';
import { isObject, parseJson } from './parse.ts';
import type { RecordWriter } from './record.ts';
import { splunkFields } from './splunk.ts';
import { type RecordTime, recordTime } from './time.ts';

/** `source` of every event in Splunk. */
export const HEC_SOURCE = 'clarifai:audit_log';
/** `sourcetype` of every event in Splunk: the add-on's settings hang on it. */
export const HEC_SOURCETYPE = 'clarifai:audit';

/** What the envelopes of one sink say of where their events belong. */
export interface HecEnvelopeOptions {
  /** Index; undefined: the token's. */
  readonly index: string | undefined;
  /** Field `host`; undefined: the source id. */
  readonly host: string | undefined;
}

/** Splunk keeps no more digits of a second. */
const MAX_FRACTION_DIGITS = 9;

/**
 * Wraps a format: each line becomes an event of Splunk's HTTP Event Collector (endpoint `/event`), with the record as
 * `event` and the fields of {@link splunkFields} as `fields`. Date and `minimal` stay those of the record.
 */
export function hecEnvelope(write: RecordWriter, { index, host }: HecEnvelopeOptions): RecordWriter {
  const record = new LineWriter();
  return (out, entry, utf8, context) => {
    record.begin();
    const facts = write(record, entry, utf8, context);
    // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
    const value = parseJson(entry.toString(utf8 ? 'utf8' : 'latin1'));
    const timestamp = isObject(value) && typeof value.timestamp === 'string' ? value.timestamp : undefined;
    out.value();
    out.key('time');
    out.json(epochTime(recordTime(timestamp, context.readTime)));
    out.member('host', host ?? context.source);
    out.member('source', HEC_SOURCE);
    out.member('sourcetype', HEC_SOURCETYPE);
    out.member('index', index);
    out.key('event');
    out.line(record);
    out.object('fields');
    const fields = splunkFields(utf8 ? value : undefined, context);
    for (const [key, text] of Object.entries(fields)) out.member(key, text);
    out.close();
    out.close();
    return facts;
  };
}

/** Seconds since 1970 as a JSON number, with the digits of the fraction that `stamp` has. */
function epochTime({ stamp, at }: RecordTime): string {
  const fraction = /\.\d+/.exec(stamp)?.[0] ?? '';
  return `${at / SECOND}${fraction.slice(0, 1 + MAX_FRACTION_DIGITS)}`;
}
