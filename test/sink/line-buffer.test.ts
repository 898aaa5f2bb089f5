import { describe, expect, it } from 'vitest';
import { LineBuffer } from '../../src/sink/line-buffer.ts';
import { DAY, record } from './records.ts';

const OTHER = '2026-01-02';

/** What `lines` encodes for `list`, by file name. */
function textsOf(lines: LineBuffer, list: Parameters<LineBuffer['encode']>[0]): Record<string, string> {
  return Object.fromEntries([...lines.encode(list)].map(([name, bytes]) => [name, bytes.toString()]));
}

describe('line buffer', () => {
  it('gathers the lines of each file in order, each ended by LF', () => {
    const [a, b, c] = [record(0, DAY), record(1, OTHER), record(2, DAY)];
    expect(textsOf(new LineBuffer(), [a, b, c])).toEqual({
      [`${DAY}.ndjson`]: `${a.line}\n${c.line}\n`,
      [`${OTHER}.ndjson`]: `${b.line}\n`,
    });
  });

  it('keeps what it has encoded when a line needs more room', () => {
    const list = [10, 70_000, 3, 200_000, 9_000_000].map((length, n) =>
      record(n, n % 2 === 0 ? DAY : OTHER, '€'.repeat(length)),
    );
    const lines = new LineBuffer();
    const texts = textsOf(lines, list);
    expect(texts[`${DAY}.ndjson`] === `${list[0]!.line}\n${list[2]!.line}\n${list[4]!.line}\n`).toBe(true);
    expect(texts[`${OTHER}.ndjson`] === `${list[1]!.line}\n${list[3]!.line}\n`).toBe(true);
    expect(textsOf(lines, [record(7, DAY)])).toEqual({ [`${DAY}.ndjson`]: `${record(7, DAY).line}\n` });
  });

  it('encodes a lone surrogate as U+FFFD, whatever else is on the line', () => {
    for (const padding of ['\ud800', '\udc00x', 'é\ud83d', '\ud83d\ud83d\ude00']) {
      const { id, position } = record(0, DAY);
      const texts = textsOf(new LineBuffer(), [{ id, position, date: DAY, line: padding }]);
      expect(texts[`${DAY}.ndjson`]).toBe(`${padding.toWellFormed()}\n`);
    }
  });
});
