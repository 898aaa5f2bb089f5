import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAnswer, readEntry } from '../../src/event/answer.ts';
import { baseIdOf } from '../../src/event/event-id.ts';
import { parseTimestamp } from '../../src/event/timestamp.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { anyEntry, RUNS, rewritten } from './entries.ts';

function cut(text: string): ReturnType<typeof cutAnswer> {
  return cutAnswer(Buffer.from(text));
}

function texts(answer: ReturnType<typeof cutAnswer>): string[] | undefined {
  return answer.entries?.map(({ bytes }) => bytes.toString());
}

function faultOf(body: Buffer | string): ConnectorError {
  try {
    cutAnswer(Buffer.from(body as string));
  } catch (error) {
    if (error instanceof ConnectorError) return error;
    throw error;
  }
  throw new Error('the answer was taken');
}

describe('answer', () => {
  it('gives status, entries, their times and ids', () => {
    const entry = '{"timestamp":"2025-01-17T12:31:35.5Z","req_id":"r","operation":700}';
    const answer = cut(`{"status":{"code":10000,"description":"Ok","req_id":"q"},"entries":[${entry},{}]}`);
    expect(answer).toMatchObject({ statusCode: 10000, statusText: 'Ok', requestId: 'q' });
    expect(texts(answer)).toEqual([entry, '{}']);
    expect(answer.entries![0]).toMatchObject({
      at: parseTimestamp('2025-01-17T12:31:35.5Z'),
      baseId: baseIdOf(Buffer.from(entry)),
      utf8: true,
    });
    expect(answer.entries![1]!.at).toBeUndefined();
  });

  it('fault 3: gives an error in a 200 its code, by number or name, and its words, 200 characters at most', () => {
    const answer = cut(
      '{"status":{"code":11005,"description":"Throttled","details":"exceeded limit"},"entries":[]}',
    );
    expect(answer).toMatchObject({ statusCode: 11005, statusText: 'Throttled: exceeded limit', entries: [] });
    expect(cut('{"status":{"code":"CONN_THROTTLED"}}').statusCode).toBe('CONN_THROTTLED');
    expect(cut(`{"status":{"details":"${'x'.repeat(500)}"}}`).statusText).toBe('x'.repeat(200));
    for (const status of ['null', '5', '"x"', '[]', '{}', '{"code":null,"description":7,"req_id":""}']) {
      expect(cut(`{"status":${status}}`)).toEqual({});
    }
  });

  it('fault 4: tells an answer without entries, or with something else there, from one with none', () => {
    expect(cut('{"status":{}}').entries).toBeUndefined();
    for (const value of ['null', '{}', '"x"', '0'])
      expect(cut(`{"entries":${value}}`).entries).toBeUndefined();
    for (const body of ['null', '[]', '"x"', '1', ' [{"entries":[]}] '])
      expect(cut(body).entries).toBeUndefined();
    expect(cut('{"entries":[ ]}').entries).toEqual([]);
  });

  it('fault 6: throws for a body cut off anywhere, to be asked again', () => {
    const whole =
      '{"status":{"code":10000},"entries":[{"req_id":"a","targets":[{"app":{"id":"x"}}]},{"user":{"id":1}}]}';
    expect(cut(whole).entries).toHaveLength(2);
    for (let end = 0; end < whole.length; end++) {
      expect(faultOf(whole.slice(0, end))).toMatchObject({ code: 'source.broken', retryable: true });
    }
    expect(faultOf(`${whole}{}`)).toMatchObject({ code: 'source.broken' });
  });

  it('says at which byte an answer breaks, and quotes nothing of it', () => {
    const { message } = faultOf('{"entries":[{"description":"topsecret",}]}');
    expect(message).toContain('at byte 39 of 42');
    expect(message).not.toContain('topsecret');
  });

  it('cuts entries that splice back to the answer, byte for byte but for line breaks', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 4 }), fc.integer(), (entries, seed) => {
        const text = rewritten({ entries }, seed, { reorder: false });
        const body = Buffer.from(text);
        const cutEntries = cutAnswer(body).entries!;
        expect(body.toString()).toBe(text.replace(/[\r\n]/g, ' '));
        expect(cutEntries.length).toBe(entries.length);
        let at = 0;
        for (const { bytes, baseId } of cutEntries) {
          const start = bytes.byteOffset - body.byteOffset;
          expect(body.toString('utf8', at, start)).toMatch(at === 0 ? /^\s*\{.*:\s*\[\s*$/ : /^\s*,\s*$/);
          expect(bytes.buffer).toBe(body.buffer);
          expect(baseId).toBe(baseIdOf(bytes));
          at = start + bytes.length;
        }
        expect(cutEntries.map(({ bytes }) => JSON.parse(bytes.toString()))).toEqual(JSON.parse(text).entries);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });

  it('fault 48: keeps elements that are no objects as undated entries', () => {
    const answer = cut('{"entries":[null, 5 ,"x",[1,\n2],true]}');
    expect(texts(answer)).toEqual(['null', '5', '"x"', '[1, 2]', 'true']);
    expect(answer.entries!.every(({ at }) => at === undefined)).toBe(true);
    expect(new Set(answer.entries!.map(({ baseId }) => baseId)).size).toBe(5);
  });

  it('fault 49: keeps fields it does not know', () => {
    expect(texts(cut('{"new":[{}],"entries":[{"new":{"a":[1]}}],"x":1}'))).toEqual(['{"new":{"a":[1]}}']);
  });

  it('fault 50: takes strings that are not UTF-8, and marks only the entries that hold them', () => {
    const body = Buffer.concat([
      Buffer.from('{"entries":[{"req_id":"a"},{"req_id":"'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('"}]}'),
    ]);
    const { entries } = cutAnswer(body);
    expect(entries!.map(({ utf8 }) => utf8)).toEqual([true, false]);
    expect(entries![1]!.bytes).toEqual(Buffer.from([...Buffer.from('{"req_id":"'), 0xff, 0xc3, 0x22, 0x7d]));
  });

  it('fault 50: lets a byte order mark through in front, and nowhere else', () => {
    expect(cut('\ufeff{"entries":[{}]}').entries).toHaveLength(1);
    expect(faultOf('\ufeff\ufeff{}').code).toBe('source.broken');
    expect(faultOf('{"entries":[\ufeff{}]}').code).toBe('source.broken');
  });

  it('fault 52: takes keys of the object prototype for keys like any other', () => {
    const answer = cut('{"__proto__":{"entries":[]},"status":{"__proto__":{"code":1}},"constructor":0}');
    expect(answer).toEqual({});
    expect(texts(cut('{"entries":[{"__proto__":{"timestamp":"2025-01-17T12:31:35Z"}}]}'))).toHaveLength(1);
  });

  it('fault 53: lets the last of equal keys win, as JSON.parse does', () => {
    expect(texts(cut('{"entries":[{"a":1}],"\\u0065ntries":[{"b":2}]}'))).toEqual(['{"b":2}']);
    expect(cut('{"entries":[{}],"entries":null}').entries).toBeUndefined();
    expect(cut('{"status":{"code":1},"status":{"code":2,"code":3}}').statusCode).toBe(3);
    const twice = '{"timestamp":"2025-01-17T12:31:35Z","timestamp":"2026-01-17T12:31:35Z"}';
    expect(readEntry(Buffer.from(twice)).at).toBe(parseTimestamp('2026-01-17T12:31:35Z'));
    expect(readEntry(Buffer.from('{"timestamp":"2025-01-17T12:31:35Z","timestamp":5}')).at).toBeUndefined();
  });

  it('fault 55: takes an entry of 100,000 levels of nesting, in a field it knows or not', () => {
    const deep = `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`;
    for (const key of ['x', 'user', 'targets', 'details']) {
      const entry = `{"${key}":${deep}}`;
      expect(texts(cut(`{"entries":[${entry}]}`))).toEqual([entry]);
    }
    expect(texts(cut(`{"entries":[{"targets":[{"app":{"compute_cluster":${deep}}}]}]}`))).toHaveLength(1);
  });

  it('fault 57: keeps escaped control characters, ANSI and U+2028 as they are, and blanks line breaks between tokens', () => {
    const text = '{"description":"\\n\\u0000\\u001b[31m\u2028"}';
    expect(texts(cut(`{"entries":[\r\n${text}\n]}`))).toEqual([text]);
    expect(texts(cut('{"entries":[{\r\n\t"a":\n1\r}]}'))).toEqual(['{  \t"a": 1 }']);
  });

  it('fault 58: keeps any source_ip, and tells them apart', () => {
    const ips = ['::ffff:1.2.3.4', 'fe80::1%eth0', '1.2.3', '', '203.0.113.7'];
    const { entries } = cut(JSON.stringify({ entries: ips.map((source_ip) => ({ source_ip })) }));
    expect(entries!.map(({ bytes }) => JSON.parse(bytes.toString()).source_ip)).toEqual(ips);
    expect(new Set(entries!.map(({ baseId }) => baseId)).size).toBe(ips.length);
  });
});

describe('readEntry', () => {
  it('reads an entry on its own, white space around it left out', () => {
    const entry = '{"timestamp":"2025-01-17T12:31:35\\u005a","req_id":"r"}';
    expect(readEntry(Buffer.from(` ${entry}\r`))).toMatchObject({
      bytes: Buffer.from(entry),
      at: parseTimestamp('2025-01-17T12:31:35Z'),
      baseId: baseIdOf(Buffer.from(entry)),
      utf8: true,
    });
  });

  it('throws for bytes that are no JSON value, without quoting them', () => {
    for (const text of ['', '{', '{} {}', '{"a":topsecret}']) {
      expect(() => readEntry(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'entry.broken' }));
      expect(() => readEntry(Buffer.from(text))).not.toThrow(/topsecret/);
    }
  });
});
