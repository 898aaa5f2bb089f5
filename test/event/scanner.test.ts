import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAnswer } from '../../src/event/answer.ts';
import { JsonFault, skipSpace, skipValue } from '../../src/event/scanner.ts';
import { anyEntry, RUNS, rewritten } from './entries.ts';

function takes(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function isJson(text: string): boolean {
  return takes(() => JSON.parse(text));
}

function isScanned(text: string): boolean {
  const bytes = Buffer.from(text);
  return takes(() => {
    const end = skipSpace(bytes, skipValue(bytes, skipSpace(bytes, 0)));
    if (end !== bytes.length) throw new JsonFault('rest', end);
  });
}

/** JSON and what is nearly JSON: some characters taken out, put in or changed. */
const texts = fc
  .tuple(
    fc.oneof(anyEntry, fc.jsonValue({ maxDepth: 4 })),
    fc.integer(),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        remove: fc.nat(2),
        put: fc.oneof(
          fc.constantFrom(...'{}[]",:\\0123456789.eE+-tfnu \n\t\r\0\v\f\u00a0\ufeff'),
          fc.constantFrom('', 'null', '\\u', '1e', '-'),
        ),
      }),
      { maxLength: 3 },
    ),
  )
  .map(([value, seed, edits]) => {
    let text = rewritten(value, seed);
    for (const { at, remove, put } of edits) {
      const p = Math.floor(at * text.length);
      text = text.slice(0, p) + put + text.slice(p + remove);
    }
    return text;
  })
  .filter((text) => text.isWellFormed());

describe('scanner', () => {
  it('takes a text exactly when JSON.parse does', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(isScanned(text)).toBe(isJson(text));
      }),
      { numRuns: RUNS },
    );
  });

  it('takes an answer exactly when JSON.parse does, broken inside of an entry or outside', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('{"entries":[', '{"status":{},"entries":[{},', ''),
        (text, opening) => {
          const body =
            opening === '' || text.startsWith('\ufeff')
              ? text.replace(/^\ufeff+/, '')
              : `${opening}${text}]}`;
          expect(takes(() => cutAnswer(Buffer.from(body)))).toBe(isJson(body));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('takes each valid text only whole: no beginning of it', () => {
    const text = '{"a":[1.5e+3,true,false,null,"\\u00e9\\n",{}],"b":-0.1}';
    expect(isScanned(text)).toBe(true);
    for (let end = 0; end < text.length; end++)
      expect([end, isScanned(text.slice(0, end))]).toEqual([end, false]);
  });

  it.each([
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    '1e+',
    '0x1',
    'NaN',
    'Infinity',
    'tru',
    'nulL',
    'truefalse',
    '1 2',
    "'a'",
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u123"',
    '[1,]',
    '[,1]',
    '{"a":1,}',
    '{a:1}',
    '{"a"}',
    '{"a":}',
    '[1}',
    '{"a":1]',
    '',
    ' ',
    '[',
    '{',
    '"',
    '"\\',
    '\u00a0 1',
    '/*x*/1',
    '[1]]',
  ])('refuses %j, as JSON.parse does', (text) => {
    expect(isJson(text)).toBe(false);
    expect(isScanned(text)).toBe(false);
  });

  it('fault 55: takes nesting of 100,000 levels, and refuses it when one bracket is wrong', () => {
    const depth = 100_000;
    const arrays = '['.repeat(depth) + ']'.repeat(depth);
    const objects = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(isScanned(arrays)).toBe(true);
    expect(isScanned(objects)).toBe(true);
    expect(isScanned(arrays.slice(0, -1))).toBe(false);
    expect(isScanned(`${objects.slice(0, -1)}]`)).toBe(false);
  });

  it('says where the fault is, and nothing of the text', () => {
    const fault = (text: string): JsonFault => {
      try {
        skipValue(Buffer.from(text), 0);
      } catch (error) {
        return error as JsonFault;
      }
      throw new Error('no fault');
    };
    expect(fault('{"secret":"topsecret" 1}')).toMatchObject({ offset: 22 });
    expect(fault('{"secret":topsecret}').message).not.toContain('topsecret');
    expect(fault('["a')).toMatchObject({ offset: 3 });
  });
});
