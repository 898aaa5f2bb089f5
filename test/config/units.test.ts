import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/config/duration.ts';
import { parseSize } from '../../src/config/size.ts';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['45d', 3_888_000_000],
    ['0s', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '30', '-30s', '1.5h', '30 s', '1w', '1h30m', 's', '9999999999s'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('parseSize', () => {
  it.each([
    ['5MiB', 5_242_880],
    ['10GiB', 10_737_418_240],
    ['500MB', 500_000_000],
    ['1KiB', 1_024],
    ['1kB', 1_000],
    ['7B', 7],
  ])('%s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it('is none for anything without a number and a unit', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\d{1,9}(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/.test(text));
        expect(parseSize(text)).toBeUndefined();
      }),
    );
  });
});
