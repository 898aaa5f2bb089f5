import { describe, expect, it } from 'vitest';
import { createMapper } from '../../src/record/formats.ts';
import { context, entry, ID, map, options } from './entries.ts';

describe('raw', () => {
  it('splices the bytes of the entry in as they came', () => {
    const text = '{ "z": 1.0,  "timestamp":"2025-01-17T23:30:00-01:00", "a": 1e400, "é": "\\u00e9 \u2028" }';
    const { line, date, minimal } = createMapper('raw', options())(Buffer.from(text), true, context);
    expect(line).toBe(`{"id":"${ID}","source":"acme","entry":${text}}`);
    expect([date, minimal]).toEqual(['2025-01-18', false]);
  });

  it('takes the date from the entry itself, not from a timestamp inside it', () => {
    expect(map('raw', { user: { timestamp: '2020-01-01T00:00:00Z' } }).date).toBeUndefined();
    expect(
      map('raw', { user: { timestamp: '2020-01-01T00:00:00Z' }, timestamp: '2025-01-17T00:00:00Z' }).date,
    ).toBe('2025-01-17');
  });

  it('shows the whole entry whatever the privacy mode', () => {
    for (const pii of ['minimal', 'names', 'full'] as const) {
      expect(JSON.parse(map('raw', entry(), { pii }).line).entry).toEqual(entry());
    }
  });
});
