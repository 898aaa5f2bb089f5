import { isUtf8 } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipCodec } from '../../src/journal/codec.ts';
import { JournalDamage } from '../../src/journal/damage.ts';
import { entryBytesAt, idAt } from '../../src/journal/lines.ts';
import { decodeSegment, encodeSegment, type HeaderDraft } from '../../src/journal/segment.ts';
import type { JournalEntry, Segment } from '../../src/journal/types.ts';
import { ConnectorError, ExitCode } from '../../src/runtime/errors.ts';
import { covered, entryAt, MINUTE, rawEntryAt, SOURCE, START, undatedEntry } from './chain.ts';

const KEY = 'acme/segments/000000000007.ndjson.gz';
const LF = 10;
/** The year 9999 and the year -9999, in nanoseconds: more than 64 bits hold. */
const FAR = 253_402_300_799_999_999_999n;
const RUNS = 500;

const draft: HeaderDraft = {
  v: 1,
  source: SOURCE,
  n: 7,
  written: '2026-01-01T00:00:00.000Z',
  prev: 'a'.repeat(64),
  kind: 'live',
  answers: [],
  coverage: covered(9),
  gaps: [],
  resume: 3,
  undated: [2, 5],
  largestPage: 250,
};

const nanos = fc.bigInt({ min: -FAR, max: FAR });
const span = fc
  .tuple(nanos, fc.bigInt({ min: 1n, max: 10n ** 15n }))
  .map(([from, length]) => ({ from, to: from + length }));

const entry: fc.Arbitrary<JournalEntry> = fc
  .record({
    id: fc.stringMatching(/^[0-9a-f]{64}$/),
    // Few times and many: equal ones must be ordered by id.
    at: fc.oneof(fc.constant(undefined), fc.bigInt({ min: 0n, max: 3n }), nanos),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }).map((text) => Buffer.from(text)),
      fc
        .constantFrom('"', '}', '"}', '","raw_b64":"AA=="', '{"id":"', '\r', '\0', '\u2028')
        .map((text) => Buffer.from(text)),
    ),
  })
  .map(({ id, at, bytes }) => {
    const utf8 = isUtf8(bytes);
    // The API's bytes are one line before they get here; base64 may hold any.
    return {
      id,
      at,
      utf8,
      size: bytes.length,
      bytes: Buffer.from(utf8 ? bytes.map((byte) => (byte === LF ? 32 : byte)) : bytes),
    };
  });

const drafts: fc.Arbitrary<HeaderDraft> = fc.record({
  v: fc.constant(1),
  source: fc.constant(SOURCE),
  n: fc.constant(7),
  written: fc
    .date({ min: new Date(0), max: new Date(Date.UTC(9999, 11)), noInvalidDate: true })
    .map((date) => date.toISOString()),
  prev: fc.stringMatching(/^[0-9a-f]{64}$/),
  kind: fc.constantFrom('live', 'backfill', 'late', 'undated', 'heartbeat', 'gap'),
  answers: fc.array(
    fc.record({
      asked: fc.tuple(fc.string({ unit: 'binary' }), fc.string()),
      proven: fc.option(span, { nil: undefined }),
      count: fc.nat(),
      requestId: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    }),
    { maxLength: 3 },
  ),
  coverage: span.map((each) => [each]),
  gaps: fc.constantFrom(
    [],
    [
      { from: -5n, to: -3n },
      { from: -3n, to: 9n },
    ],
  ),
  resume: fc.nat(),
  undated: fc.array(fc.nat()),
  largestPage: fc.nat(),
});

/** What a reader gets out of a segment. */
function entriesOf(segment: Segment): { id: string; bytes: string; utf8: boolean }[] {
  return Array.from({ length: segment.header.count }, (_, i) => {
    const { bytes, utf8 } = entryBytesAt(segment, i);
    return { id: idAt(segment, i), bytes: bytes.toString('latin1'), utf8 };
  });
}

/** The order that the design asks for, written another way than the code's. */
function inOrder(entries: readonly JournalEntry[]): { id: string; bytes: string; utf8: boolean }[] {
  const dated = entries.filter(({ at }) => at !== undefined);
  const undated = entries.filter(({ at }) => at === undefined);
  const byId = (a: JournalEntry, b: JournalEntry) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id));
  dated.sort((a, b) => Number(a.at! > b.at!) - Number(a.at! < b.at!) || byId(a, b));
  undated.sort(byId);
  return [...dated, ...undated].map(({ id, bytes, utf8 }) => ({ id, bytes: bytes.toString('latin1'), utf8 }));
}

function errorOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Reads `bytes` as segment 7, which must be refused as damaged; why. */
function reasonOf(bytes: Buffer | string): string {
  const error = errorOf(() => decodeSegment(Buffer.from(bytes), KEY, SOURCE, 7));
  expect(error).toBeInstanceOf(JournalDamage);
  const damage = error as JournalDamage;
  expect(damage).toMatchObject({
    code: 'journal.damaged',
    exitCode: ExitCode.damaged,
    retryable: false,
    key: KEY,
  });
  expect(damage.message).toContain(`${KEY}: ${damage.reason}`);
  return damage.reason;
}

const sample = encodeSegment(draft, [
  entryAt(START + 5n, 'a'),
  entryAt(START + MINUTE, 'b'),
  rawEntryAt(START + 2n * MINUTE, 'c'),
  undatedEntry('d'),
]);
const sampleText = sample.bytes.toString('latin1');
const [sampleHeader = '', ...sampleLines] = sampleText.split('\n');

/** The sample with another header. */
function withHeader(change: (header: Record<string, unknown>) => void): Buffer {
  const header = JSON.parse(sampleHeader) as Record<string, unknown>;
  change(header);
  return Buffer.from([JSON.stringify(header), ...sampleLines].join('\n'), 'latin1');
}

/** The sample with another entry line `i`, from 0. */
function withLine(i: number, change: (line: string) => string): Buffer {
  return Buffer.from([sampleHeader, ...sampleLines.with(i, change(sampleLines[i]!))].join('\n'), 'latin1');
}

describe('segment', () => {
  it('gives back header, order, ids and bytes of any entries', () => {
    fc.assert(
      fc.property(drafts, fc.array(entry, { maxLength: 12 }), (head, entries) => {
        const encoded = encodeSegment(head, entries);
        const decoded = decodeSegment(Buffer.from(encoded.bytes), KEY, SOURCE, 7);
        expect(entriesOf(decoded)).toEqual(inOrder(entries));
        expect(decoded.header).toEqual(encoded.header);
        expect(decoded.header).toMatchObject({ ...head, count: entries.length });
        expect(decoded.hash).toBe(encoded.hash);
        expect(decoded.lineStarts).toEqual(encoded.lineStarts);
        expect(
          encodeSegment(
            head,
            [...entries].reverse().sort(() => 0),
          ).header,
        ).toEqual(encoded.header);
      }),
      { numRuns: RUNS },
    );
  });

  it('orders equal times by id, whatever order they come in', () => {
    const entries = ['c', 'a', 'b'].map((digit) => ({ ...entryAt(START, digit), id: digit.repeat(64) }));
    const ids = entriesOf(encodeSegment(draft, entries)).map(({ id }) => id[0]);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(encodeSegment(draft, entries.toReversed()).bytes).toEqual(encodeSegment(draft, entries).bytes);
  });

  it('sums up the first and last time to the nanosecond, undated entries aside', () => {
    const entries = [undatedEntry('u'), entryAt(START + 2n, 'b'), entryAt(START + 1n, 'a')];
    expect(encodeSegment(draft, entries).header).toMatchObject({
      count: 3,
      first: START + 1n,
      last: START + 2n,
    });
    const { first, last } = encodeSegment(draft, [undatedEntry('u')]).header;
    expect([first, last]).toEqual([undefined, undefined]);
    expect(encodeSegment(draft, []).header).toMatchObject({ count: 0, first: undefined, last: undefined });
  });

  it('is hashed over its uncompressed bytes', () => {
    expect(sample.hash).toBe(hash('sha256', sample.bytes, 'hex'));
  });

  it('copies the bytes of its entries: the answer that they are views of may be used again', () => {
    const one = entryAt(START, 'one');
    const encoded = encodeSegment(draft, [one]);
    const before = encoded.bytes.toString('latin1');
    one.bytes.fill(0);
    expect(encoded.bytes.toString('latin1')).toBe(before);
  });

  it('refuses to write an entry that would not be one line', () => {
    const one = entryAt(START, 'one');
    const broken = { ...one, bytes: Buffer.from('{\n}') };
    expect(() => encodeSegment(draft, [broken])).toThrow('does not fit one line');
    expect(() => encodeSegment(draft, [{ ...one, id: 'ab' }])).toThrow('does not fit one line');
    expect(() => encodeSegment(draft, [{ ...one, bytes: Buffer.alloc(0) }])).toThrow('does not fit one line');
  });

  it('is what `zcat` reads: a header line and a line of JSON an entry', async () => {
    const unzipped = spawnSync('zcat', { input: await gzipCodec.compress(sample.bytes) });
    expect(unzipped.status).toBe(0);
    expect(unzipped.stdout).toEqual(sample.bytes);
    const lines = unzipped.stdout.toString('utf8').split('\n');
    expect(lines.pop()).toBe('');
    const [header, ...entries] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(header).toMatchObject({ v: 1, source: SOURCE, n: 7, count: 4, first: String(START + 5n) });
    expect(entries.map((each) => Object.keys(each))).toEqual([
      ['id', 'entry'],
      ['id', 'entry'],
      ['id', 'raw_b64'],
      ['id', 'entry'],
    ]);
    expect(entries[0]).toMatchObject({ entry: { req_id: 'a' } });
    expect(Buffer.from(String(entries[2]?.raw_b64), 'base64')).toEqual(
      rawEntryAt(START + 2n * MINUTE, 'c').bytes,
    );
  });

  it('keeps its header readable from the first bytes of a large object', async () => {
    const many = Array.from({ length: 5_000 }, (_, i) => entryAt(START + BigInt(i), `${i}-${i * 7919}`));
    const { bytes } = encodeSegment(draft, many);
    const packed = await gzipCodec.compress(bytes);
    expect(packed.length).toBeGreaterThan(50_000);
    const line = gzipCodec.firstLine!(packed.subarray(0, 2_000));
    expect(line).toEqual(bytes.subarray(0, bytes.indexOf(LF)));
  });
});

describe('fault 75: a segment that is not as it was written', () => {
  it('cut off anywhere, it is damaged', () => {
    for (let length = 0; length < sample.bytes.length; length++) reasonOf(sample.bytes.subarray(0, length));
    expect(reasonOf('')).toBe('it has no header line');
    expect(reasonOf(sample.bytes.subarray(0, -1))).toBe('it holds 3 whole entries, and its header names 4');
  });

  it('with any bit of its header line flipped, it is damaged, of another format, or another segment by its hash', () => {
    let refused = 0;
    for (let at = 0; at <= sampleHeader.length; at++) {
      const bytes = Buffer.from(sample.bytes);
      bytes[at]! ^= 1;
      const error = errorOf(() => expect(decodeSegment(bytes, KEY, SOURCE, 7).hash).not.toBe(sample.hash));
      if (error === undefined) continue;
      refused += 1;
      expect(error).toBeInstanceOf(ConnectorError);
      expect(error).toMatchObject({ exitCode: ExitCode.damaged });
      expect((error as ConnectorError).message).toContain(KEY);
    }
    expect(refused).toBeGreaterThan(sampleHeader.length / 2);
  });

  it.each([
    [
      'a count too high',
      (h: Record<string, unknown>) => (h.count = 5),
      'it holds 4 whole entries, and its header names 5',
    ],
    ['a count too low', (h) => (h.count = 3), 'something stands behind the 3 entries its header names'],
    [
      'a count beyond reason',
      (h) => (h.count = 1e12),
      'it holds fewer entries than the 1000000000000 its header names',
    ],
    ['a count below zero', (h) => (h.count = -1), 'its header is wrong at count'],
    ['another source', (h) => (h.source = 'evil'), 'it is a segment of source "evil"'],
    ['another number', (h) => (h.n = 8), 'it is segment 8'],
    ['format 0', (h) => (h.v = 0), 'its header is wrong at v'],
    ['format "2"', (h) => (h.v = '2'), 'its header is wrong at v'],
    ['a kind nobody knows', (h) => (h.kind = 'fancy'), 'its header is wrong at kind'],
    ['a member too many', (h) => (h.more = 1), 'its header is wrong at the top'],
    ['a member too few', (h) => delete h.resume, 'its header is wrong at resume'],
    ['a hash too short', (h) => (h.prev = 'ab'), 'its header is wrong at prev'],
    ['an empty span', (h) => (h.coverage = [['5', '5']]), 'its header is wrong at coverage.0'],
    [
      'spans out of order',
      (h) =>
        (h.gaps = [
          ['5', '6'],
          ['1', '2'],
        ]),
      'its header is wrong at gaps',
    ],
    ['an instant that is a number', (h) => (h.first = 5), 'its header is wrong at first'],
    [
      'a time without milliseconds',
      (h) => (h.written = '2026-01-01T00:00:00Z'),
      'its header is wrong at written',
    ],
    [
      'genesis in segment 7',
      (h) => (h.genesis = { chain_id: 'a', start: '0', fingerprint: '' }),
      'its header is wrong at the top: genesis belongs into segment 0',
    ],
  ] satisfies [string, (header: Record<string, unknown>) => unknown, string][])(
    'with %s in its header, it is damaged',
    (_, change, reason) => {
      expect(reasonOf(withHeader(change))).toContain(reason);
    },
  );

  it.each([
    [
      'an id that is no hex',
      0,
      (line: string) => line.replace('"id":"', '"id":"g').replace(/.","entry/, '","entry'),
    ],
    [
      'an id in upper case',
      0,
      (line: string) => line.replace(/[a-f](?=[0-9a-f]*","entry)/, (c) => c.toUpperCase()),
    ],
    ['an id too short', 0, (line: string) => line.replace(/.","entry/, '","entry')],
    ['no entry', 0, (line: string) => line.replace(/"entry":.*/, '"entry":}')],
    ['another member', 0, (line: string) => line.replace('"entry"', '"event"')],
    ['an open end', 2, (line: string) => line.slice(0, -1)],
    ['bytes behind its end', 0, (line: string) => `${line} `],
    ['nothing in it', 0, () => ''],
    ['base64 that is none', 2, (line: string) => line.replace(/"raw_b64":"./, '"raw_b64":"*')],
    ['base64 of a wrong length', 2, (line: string) => line.replace(/"raw_b64":"./, '"raw_b64":"')],
  ])('with a line that has %s, it is damaged, and the line is named', (_, i, change) => {
    expect(withLine(i, change)).not.toEqual(sample.bytes);
    expect(reasonOf(withLine(i, change))).toBe(`line ${i + 2} is not an entry`);
  });

  it('with something behind its last entry, it is damaged', () => {
    const reason = 'something stands behind the 4 entries its header names';
    expect(reasonOf(Buffer.concat([sample.bytes, Buffer.from('\0')]))).toBe(reason);
    expect(reasonOf(Buffer.concat([sample.bytes, Buffer.from('\n')]))).toBe(reason);
    expect(reasonOf(Buffer.from(`${sampleText}${sampleLines[0]}\n`, 'latin1'))).toBe(reason);
  });

  it('with a header that is no JSON, or no object, it is damaged', () => {
    expect(reasonOf('{"v":1\n')).toBe('its header is not JSON');
    expect(reasonOf('null\n')).toContain('its header is wrong at the top');
    expect(reasonOf('[]\n')).toContain('its header is wrong at the top');
  });

  it('of a newer format, it is refused as such and not called damaged', () => {
    const error = errorOf(() => decodeSegment(Buffer.from('{"v":2,"anything":"else"}\n'), KEY, SOURCE, 7));
    expect(error).toMatchObject({ code: 'journal.newer_format', exitCode: ExitCode.damaged });
    expect((error as Error).message).toMatch(/000000000007\.ndjson\.gz has format 2, .* up to 1: upgrade/);
  });
});
