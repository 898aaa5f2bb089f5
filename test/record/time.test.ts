import { describe, expect, it } from 'vitest';
import { parseTimestamp } from '../../src/event/timestamp.ts';
import { canonicalTime, eventDate, recordTime } from '../../src/record/time.ts';
import { entry, map, record } from './entries.ts';

const READ = '2025-01-18T00:00:00.000Z';

function canonical(text: string): string | undefined {
  return canonicalTime(text, parseTimestamp(text)!);
}

describe('time of a record', () => {
  it('fault 26: keeps every digit of the fraction, none or nine', () => {
    for (const fraction of ['', '.1', '.123', '.123456', '.123456789', '.000000000', '.100']) {
      const text = `2025-01-17T12:31:35${fraction}Z`;
      const { ecs, ocsf } = {
        ecs: record('ecs', entry({ timestamp: text })),
        ocsf: record('ocsf', entry({ timestamp: text })),
      };
      expect(ecs['@timestamp']).toBe(text);
      expect(ecs.clarifai.audit.timestamp).toBe(text);
      expect([ocsf.time_dt, ocsf.metadata.original_time]).toEqual([text, text]);
      expect(ocsf.time).toBe(1737117095000 + Number(fraction.slice(1, 4).padEnd(3, '0')));
    }
  });

  it('fault 25: a leap second is the last nanosecond before it, and the original is kept', () => {
    const text = '2016-12-31T23:59:60.5Z';
    expect(canonical(text)).toBe('2016-12-31T23:59:59.999999999Z');
    const ecs = record('ecs', entry({ timestamp: text }));
    expect(ecs['@timestamp']).toBe('2016-12-31T23:59:59.999999999Z');
    expect(ecs.clarifai.audit.timestamp_original).toBe(text);
    expect(record('ocsf', entry({ timestamp: text })).time).toBe(1483228799999);
  });

  it('moves an offset to UTC and keeps the digits', () => {
    expect(canonical('2025-01-17T01:31:35.120+02:30')).toBe('2025-01-16T23:01:35.120Z');
    expect(canonical('2025-01-17T12:31:35-00:00')).toBe('2025-01-17T12:31:35Z');
    expect(canonical('1969-12-31T23:59:59.5-00:30')).toBe('1970-01-01T00:29:59.5Z');
    expect(eventDate('2025-01-17T01:31:35.120+02:30')).toBe('2025-01-16');
  });

  it('files an entry without a usable time under its read time, tagged and without a date', () => {
    for (const timestamp of [undefined, null, '', 'today', 1737117095, {}, []]) {
      const { line, date } = map('ecs', entry({ timestamp }));
      const ecs = JSON.parse(line);
      expect([date, ecs['@timestamp'], ecs.clarifai.audit.timestamp]).toEqual([undefined, READ, undefined]);
      expect(ecs.tags).toContain('clarifai-undated');
      const ocsf = record('ocsf', entry({ timestamp }));
      expect([ocsf.time_dt, ocsf.time]).toEqual([READ, Date.parse(READ)]);
      expect(ocsf.metadata.labels).toEqual(['clarifai-undated']);
    }
  });

  it('fault 28: a day that does not exist is no time', () => {
    expect(recordTime('2024-02-30T00:00:00Z', READ)).toMatchObject({ date: undefined, own: false });
    expect(
      record('ecs', entry({ timestamp: '2024-02-30T00:00:00Z' })).clarifai.audit.timestamp_original,
    ).toBe('2024-02-30T00:00:00Z');
  });

  it('fault 29: a missing or impossible offset and an epoch number are no time', () => {
    for (const text of ['2025-01-17T12:31:35', '2025-01-17T12:31:35+25:00', '1737117095', '2025-01-17']) {
      expect(recordTime(text, READ)).toMatchObject({ stamp: READ, date: undefined, own: false });
    }
  });

  it('fault 27: the read time stands in for years that no index holds, tagged, and the original is kept', () => {
    const far = record('ecs', entry({ timestamp: '9999-12-31T23:59:59Z' }));
    expect(far['@timestamp']).toBe(READ);
    expect(far.tags.slice(2)).toEqual(['clarifai-time-out-of-range', 'clarifai-future-dated']);
    expect(far.clarifai.audit.timestamp_original).toBe('9999-12-31T23:59:59Z');
    expect(map('ecs', entry({ timestamp: '9999-12-31T23:59:59Z' })).date).toBe('9999-12-31');
    for (const text of ['10000-01-01T00:00:00Z', '+010000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00']) {
      const { line, date } = map('ecs', entry({ timestamp: text }));
      expect(JSON.parse(line)['@timestamp']).toBe(READ);
      expect(JSON.parse(line).clarifai.audit.timestamp_original).toBe(text);
      expect(date).toBeUndefined();
    }
    const old = record('ocsf', entry({ timestamp: '1969-12-31T23:59:59Z' }));
    expect([old.time_dt, old.metadata.labels]).toEqual([READ, ['clarifai-time-out-of-range']]);
  });

  it('fault 31: a future-dated entry keeps its time and is tagged; five minutes are clock skew', () => {
    expect(recordTime('2025-01-18T00:05:00Z', READ)).toMatchObject({ own: true, marks: [] });
    expect(recordTime('2025-01-18T00:05:00.000000001Z', READ)).toMatchObject({
      stamp: '2025-01-18T00:05:00.000000001Z',
      date: '2025-01-18',
      own: true,
      marks: ['clarifai-future-dated'],
    });
  });
});
