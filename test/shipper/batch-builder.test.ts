import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../src/shipper/batch-builder.ts';
import type { OutRecord } from '../../src/sink/sink.ts';

function record(n: number, line: string): OutRecord {
  return { id: String(n).padStart(64, '0'), line, date: '2025-01-17', position: { segment: 1, line: n } };
}

describe('BatchBuilder', () => {
  it('is full by bytes of UTF-8, and keeps what no longer fits for the next batch', () => {
    const builder = new BatchBuilder({ maxRecords: 100, maxBytes: 10 });
    expect(builder.add(record(0, 'ééé'))).toBeDefined();
    expect(builder.add(record(1, 'éé'))).toBeDefined();
    expect(builder.full).toBe(true);
    expect(builder.add(record(2, 'x'))).toBeUndefined();
    expect(builder.take().records.map(({ line }) => line)).toEqual(['ééé', 'éé']);
    expect(builder.add(record(2, 'x'.repeat(50)))).toBeDefined();
    expect(builder.take().records.map(({ line }) => line)).toEqual(['x'.repeat(50)]);
  });

  it('is full by count', () => {
    const builder = new BatchBuilder({ maxRecords: 2, maxBytes: 1_000 });
    builder.add(record(0, 'a'));
    expect(builder.full).toBe(false);
    builder.add(record(1, 'b'));
    expect(builder.full).toBe(true);
  });

  it('keeps lines next to each other, each with an LF, and ids apart from them', () => {
    const builder = new BatchBuilder({ maxRecords: 1_000, maxBytes: 1_000_000 });
    const lines = Array.from({ length: 400 }, (_, n) => `é${n}`.repeat(60));
    lines.forEach((line, n) => void builder.add(record(n, line)));
    const { records } = builder.take();
    const first = records[0]!.place!;
    const last = records.at(-1)!.place!;
    expect(last.bytes).toBe(first.bytes);
    expect(first.bytes.toString('utf8', first.start, last.end + 1)).toBe(`${lines.join('\n')}\n`);
    expect(records.map(({ id }) => Number(id))).toEqual(lines.map((_, n) => n));
    expect(records[7]!.position).toEqual({ segment: 1, line: 7 });
  });

  it('gives records whose bytes are their lines, until the batch is released', () => {
    const builder = new BatchBuilder({ maxRecords: 2, maxBytes: 1_000_000 });
    builder.add(record(0, 'é'.repeat(200_000)));
    builder.add(record(1, '{"a":1}'));
    const { records, release } = builder.take();
    const bytes = Buffer.alloc(records[1]!.lineBytes!);
    records[1]!.copyLine!(bytes, 0);
    expect(bytes.toString()).toBe('{"a":1}');
    expect(records[0]!.line).toBe('é'.repeat(200_000));
    release();
    expect(() => records[0]!.line).toThrow('after its batch was delivered');
    expect(() => records[1]!.copyLine!(bytes, 0)).toThrow('after its batch was delivered');
    expect(() => records[1]!.id).toThrow('after its batch was delivered');
    expect(() => records[1]!.place).toThrow('after its batch was delivered');
  });
});
