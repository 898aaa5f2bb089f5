import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, parseTimestamp, timestampAt } from '../../src/event/timestamp.ts';
import { RUNS } from './entries.ts';
import { referenceTime } from './reference-id.ts';

const SECOND = 1_000_000_000n;

function nanos(text: string): bigint | undefined {
  const time = referenceTime(text);
  return time && BigInt(time[0]) * SECOND + BigInt(time[1]);
}

describe('timestamp', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['2025-01-17T12:31:35.449860Z', 1_737_117_095_449_860_000n],
    ['1969-12-31T23:59:59.9Z', -100_000_000n],
    ['0000-01-01T00:00:00Z', -62_167_219_200n * SECOND],
    ['2000-02-29T00:00:00-00:00', 951_782_400n * SECOND],
  ])('reads %s', (text, at) => {
    expect(parseTimestamp(text)).toBe(at);
  });

  it('fault 25: reads the leap second as the last nanosecond before it, in any offset, and no other second 60', () => {
    const last = parseTimestamp('2016-12-31T23:59:59.999999999Z');
    expect(parseTimestamp('2016-12-31T23:59:60Z')).toBe(last);
    expect(parseTimestamp('2016-12-31T23:59:60.5Z')).toBe(last);
    expect(parseTimestamp('2016-12-31T15:59:60-08:00')).toBe(last);
    expect(parseTimestamp('1968-12-31T23:59:60Z')).toBe(parseTimestamp('1968-12-31T23:59:59.999999999Z'));
    for (const text of ['2016-12-31T12:00:60Z', '2016-12-31T23:59:61Z', '2016-12-31T23:59:60+01:00']) {
      expect(parseTimestamp(text)).toBeUndefined();
    }
  });

  it('fault 26: keeps 0 to 9 digits of fraction exactly, and refuses more or none behind the point', () => {
    for (let digits = 1; digits <= 9; digits++) {
      const fraction = '123456789'.slice(0, digits);
      expect(parseTimestamp(`1970-01-01T00:00:00.${fraction}Z`)).toBe(BigInt(fraction.padEnd(9, '0')));
    }
    expect(parseTimestamp('1970-01-01T00:00:00.1234567890Z')).toBeUndefined();
    expect(parseTimestamp('1970-01-01T00:00:00.Z')).toBeUndefined();
    expect(parseTimestamp('1970-01-01T00:00:00,5Z')).toBeUndefined();
  });

  it('fault 27: takes year 9999, and neither 10000 nor a signed year', () => {
    expect(parseTimestamp('9999-12-31T23:59:59.999999999Z')).toBe(253_402_300_800n * SECOND - 1n);
    for (const text of [
      '10000-01-01T00:00:00Z',
      '+010000-01-01T00:00:00Z',
      '-0001-01-01T00:00:00Z',
      '999-01-01T00:00:00Z',
    ]) {
      expect(parseTimestamp(text)).toBeUndefined();
    }
  });

  it('fault 28: refuses days that do not exist', () => {
    for (const day of [
      '2024-02-30',
      '2023-02-29',
      '1900-02-29',
      '2024-04-31',
      '2024-13-01',
      '2024-00-01',
      '2024-01-00',
      '2024-01-32',
    ]) {
      expect(parseTimestamp(`${day}T00:00:00Z`)).toBeUndefined();
    }
    for (const day of ['2024-02-29', '2000-02-29', '2024-12-31']) {
      expect(parseTimestamp(`${day}T00:00:00Z`)).toBe(nanos(`${day}T00:00:00Z`));
    }
  });

  it('fault 29: refuses a missing or impossible offset, epoch numbers and other texts', () => {
    const texts = ['2024-01-01T00:00:00', '2024-01-01T00:00:00+25:00', '2024-01-01T00:00:00+00:60'];
    texts.push('2024-01-01T00:00:00+0000', '2024-01-01T00:00:00+00', '2024-01-01T00:00:00ZZ', '1704067200');
    texts.push('', '2024-01-01', '2024-01-01T24:00:00Z', '2024-01-01T00:60:00Z', '2024-01-01 00:00:00Z');
    texts.push(
      '２024-01-01T00:00:00Z',
      ' 2024-01-01T00:00:00Z',
      '2024-01-01T00:00:00Z\n',
      '2024-01-01T00:00Z00:00',
    );
    for (const text of texts) expect([text, parseTimestamp(text)]).toEqual([text, undefined]);
  });

  it('takes lower-case t and z, as RFC 3339 does', () => {
    expect(parseTimestamp('2024-01-01t00:00:00z')).toBe(parseTimestamp('2024-01-01T00:00:00Z'));
  });

  it('agrees with a reading by Date, on times and on texts that are nearly times', () => {
    const digits = (n: number, max: number) =>
      fc.integer({ min: 0, max }).map((v) => String(v).padStart(n, '0'));
    const text = fc
      .tuple(
        fc.tuple(digits(4, 9999), digits(2, 13), digits(2, 32)).map((date) => date.join('-')),
        fc.constantFrom('T', 'T', 't', ' '),
        fc.tuple(digits(2, 24), digits(2, 60), digits(2, 61)).map((time) => time.join(':')),
        fc.oneof(
          fc.constant(''),
          fc.integer({ min: 1, max: 10 }).map((n) => `.${'9072651834'.slice(0, n)}`),
        ),
        fc.oneof(
          fc.constantFrom('Z', 'z', '', '+24:00'),
          fc
            .tuple(fc.constantFrom('+', '-'), digits(2, 25), digits(2, 60))
            .map(([s, h, m]) => `${s}${h}:${m}`),
        ),
      )
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, (each) => {
        expect(parseTimestamp(each)).toBe(nanos(each));
      }),
      { numRuns: RUNS },
    );
  });

  it('reads a time in the middle of bytes, and nothing behind its end', () => {
    const bytes = Buffer.from('"2024-01-01T00:00:00.123Z","2024-01-01T00:00:00.1234');
    expect(timestampAt(bytes, 1, 25)).toBe(parseTimestamp('2024-01-01T00:00:00.123Z'));
    expect(timestampAt(bytes, 1, 24)).toBeUndefined();
    expect(timestampAt(bytes, 28, bytes.length)).toBeUndefined();
  });

  it.each([
    [0n, '1970-01-01T00:00:00Z'],
    [5n * 100_000_000n, '1970-01-01T00:00:00.500Z'],
    [1000n, '1970-01-01T00:00:00.000001Z'],
    [1n, '1970-01-01T00:00:00.000000001Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [-62_135_596_800n * SECOND, '0001-01-01T00:00:00Z'],
    [253_402_300_800n * SECOND - 1n, '9999-12-31T23:59:59.999999999Z'],
  ])('writes %s ns as %s, with as few digits as keep all', (at, text) => {
    expect(formatTimestamp(at)).toBe(text);
  });

  it('refuses to write instants outside of the years 0001 to 9999', () => {
    expect(() => formatTimestamp(-62_135_596_800n * SECOND - 1n)).toThrow(RangeError);
    expect(() => formatTimestamp(253_402_300_800n * SECOND)).toThrow(/outside of the years 0001 to 9999/);
  });

  it('reads back what it writes', () => {
    const instant = fc.bigInt({ min: -62_135_596_800n * SECOND, max: 253_402_300_800n * SECOND - 1n });
    fc.assert(
      fc.property(instant, fc.constantFrom(1n, 1000n, 1_000_000n, SECOND), (at, unit) => {
        const rounded = (at / unit) * unit;
        expect(parseTimestamp(formatTimestamp(rounded))).toBe(rounded);
      }),
      { numRuns: RUNS },
    );
  });
});
