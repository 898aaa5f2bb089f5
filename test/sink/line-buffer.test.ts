import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../src/shipper/batch-builder.ts';
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

  it('gives lines that stand next to each other as they are, and puts the others together', () => {
    const builder = new BatchBuilder({ maxRecords: 100, maxBytes: 1_000_000 });
    for (const [n, date] of [DAY, DAY, OTHER, OTHER, DAY].entries()) builder.add(record(n, date));
    const { records } = builder.take();
    const lines = new LineBuffer();
    const [one, two] = [lines.encode(records.slice(0, 4)), lines.encode(records.slice(2))];
    const text = (...list: number[]) => list.map((n) => `${records[n]!.line}\n`).join('');
    expect(one.get(`${DAY}.ndjson`)!.buffer).toBe(records[0]!.place!.bytes.buffer);
    expect(one.get(`${OTHER}.ndjson`)!.toString()).toBe(text(2, 3));
    expect(two.get(`${DAY}.ndjson`)!.toString()).toBe(text(4));
    expect(lines.encode([records[0]!, records[4]!]).get(`${DAY}.ndjson`)!.toString()).toBe(text(0, 4));
  });

  it('gives the memory of a large batch back, and goes on', () => {
    const lines = new LineBuffer();
    const large = lines.encode([record(0, DAY, 'x'.repeat(200_000))]).get(`${DAY}.ndjson`)!;
    lines.release();
    expect(large.length).toBe(0);
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
