import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreamingMapper } from '../../src/record/formats.ts';
import { quote } from '../../src/record/json.ts';
import { LineWriter } from '../../src/record/line-writer.ts';

function written(write: (out: LineWriter) => void): string {
  const out = new LineWriter();
  out.begin();
  write(out);
  return out.toString();
}

describe('LineWriter', () => {
  it('writes any text as quote does, plain, escaped, or beyond ASCII', () => {
    const special = fc.constantFrom(
      '"',
      '\\',
      '\n',
      '\u0000',
      '\u007f',
      '\u0085',
      '\u2028',
      '\ud800',
      'é',
      'a',
    );
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.string({ unit: special }));
    fc.assert(
      fc.property(text, (each) => {
        expect(written((out) => out.text(each))).toBe(quote(each));
      }),
    );
  });

  it('turns the comma of the first member into the bracket', () => {
    const line = written((out) => {
      out.value();
      out.member('a', 'x');
      out.texts('list', ['1', '2']);
      out.object('inner');
      out.member('b', 'y');
      out.close();
      out.close();
    });
    expect(line).toBe('{"a":"x","list":["1","2"],"inner":{"b":"y"}}');
  });

  it('leaves nothing of what stays empty, however deep', () => {
    const line = written((out) => {
      out.value();
      out.object('outer');
      out.object('inner');
      out.texts('list', []);
      out.member('absent', undefined);
      out.close();
      out.close();
      out.member('a', 'x');
      out.close();
    });
    expect(line).toBe('{"a":"x"}');
  });

  it('grows, and writes the next line from the start', () => {
    const long = 'é'.repeat(100_000);
    const out = new LineWriter();
    out.begin();
    out.text(long);
    expect(out.toString()).toBe(`"${long}"`);
    out.begin();
    out.json('[]');
    expect(out.toString()).toBe('[]');
  });
});

describe('createStreamingMapper', () => {
  it('refuses to read a line that was written over', () => {
    const options = { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' } as const;
    const map = createStreamingMapper('ecs', options, () => {});
    const context = { id: 'a'.repeat(64), source: 's', userId: 'u', readTime: '2025-01-17T12:45:00.000Z' };
    const first = map(Buffer.from('{}'), true, context);
    expect(first.lineBytes).toBe(Buffer.byteLength(first.line));
    map(Buffer.from('{"req_id":"other"}'), true, context);
    expect(() => first.line).toThrow('after the next entry was mapped');
  });
});
