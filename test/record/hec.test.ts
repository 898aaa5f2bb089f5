import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../src/config/types.ts';
import { createMapper, createStreamingMapper } from '../../src/record/formats.ts';
import type { HecEnvelopeOptions } from '../../src/record/hec.ts';
import { splunkFields } from '../../src/record/splunk.ts';
import { type Envelope, parseEnvelope } from '../support/hec-envelope.ts';
import { context, entry, FORMATS, ID, options } from './entries.ts';

const SAMPLE = new URL('golden/sample-answer.json', import.meta.url);
const PLACE = { index: 'audit', host: undefined };

function envelopeText(value: unknown, format: Format = 'raw', hec: HecEnvelopeOptions = PLACE): string {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value));
  return createStreamingMapper(format, options(), () => {}, hec)(bytes, !Buffer.isBuffer(value), context)
    .line;
}

function envelopeOf(...args: Parameters<typeof envelopeText>): Envelope {
  const parsed = parseEnvelope(envelopeText(...args));
  if (typeof parsed === 'number') throw new Error(`HEC would refuse it with code ${parsed}`);
  return parsed;
}

describe('hec envelope', () => {
  it.each(FORMATS)('holds the %s %s record as it is, and the fields for Splunk', (format, ocsfVersion) => {
    const bytes = Buffer.from(JSON.stringify(entry({ details: ['é'.repeat(300), '\u2028'] })));
    const set = options({ ocsfVersion });
    const { line, date, minimal } = createStreamingMapper(format, set, () => {}, PLACE)(bytes, true, context);
    const record = createMapper(format, set)(bytes, true, context);
    expect(line).toContain(`"event":${record.line},"fields":`);
    expect(line).not.toContain('\n');
    expect([date, minimal]).toEqual([record.date, record.minimal]);
    expect(parseEnvelope(line)).toMatchObject({
      host: 'acme',
      source: 'clarifai:audit_log',
      sourcetype: 'clarifai:audit',
      index: 'audit',
      fields: splunkFields(entry(), context),
    });
  });

  it.each([
    ['2025-01-17T12:31:35.449860Z', '1737117095.449860'],
    ['2025-01-17T12:31:35Z', '1737117095'],
    ['2025-01-17T13:31:35.123456789+01:00', '1737117095.123456789'],
    ['2016-12-31T23:59:60Z', '1483228799.999999999'],
  ])('keeps every digit of %s', (timestamp, time) => {
    expect(envelopeText(entry({ timestamp }))).toMatch(
      new RegExp(`^\\{"time":${time.replace('.', '\\.')},"host"`),
    );
  });

  it.each([['not a time'], [undefined], ['1969-12-31T23:59:59Z'], ['2300-01-01T00:00:00Z']])(
    'has the read time where the event time is %s',
    (timestamp) => {
      expect(envelopeText(entry({ timestamp }))).toMatch(/^\{"time":1737158400\.000,"host"/);
    },
  );

  it('has no index when none is configured, and the host that is', () => {
    const { index, host } = envelopeOf(entry(), 'ecs', { index: undefined, host: 'gateway' });
    expect([index, host]).toEqual([undefined, 'gateway']);
  });

  it('bytes that are no UTF-8 make an envelope that HEC takes, with the event id and the time', () => {
    const bytes = Buffer.from('{"timestamp":"2025-01-17T12:31:35.5Z","x":"\xff"}', 'latin1');
    for (const format of ['raw', 'ecs', 'ocsf'] as const) {
      expect(envelopeOf(bytes, format)).toMatchObject({ time: 1_737_117_095.5, fields: { event_id: ID } });
    }
  });

  it('of a sample answer is that of golden/hec-<format>.ndjson', async () => {
    const { entries } = JSON.parse(readFileSync(SAMPLE, 'utf8')) as { entries: unknown[] };
    for (const format of ['raw', 'ecs', 'ocsf'] as const) {
      const lines = entries.map((each) => `${envelopeText(each, format)}\n`);
      await expect(lines.join('')).toMatchFileSnapshot(`golden/hec-${format}.ndjson`);
    }
  });
});
