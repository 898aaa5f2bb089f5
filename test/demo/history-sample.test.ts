import { describe, expect, it } from 'vitest';
import { sampleAnswer } from '../../src/demo/sample-answer.ts';

describe('sampleAnswer', () => {
  const answer = JSON.parse(sampleAnswer().toString()) as {
    status: { code: number };
    entries: { timestamp: string; req_id: string; operation: number }[];
  };

  it('holds ten entries that share five request ids', () => {
    expect(answer.status.code).toBe(10_000);
    expect(answer.entries).toHaveLength(10);
    expect(new Set(answer.entries.map(({ req_id }) => req_id)).size).toBe(5);
  });

  it('shows operations as numbers, microseconds, and the newest entry first', () => {
    expect(answer.entries.every(({ operation }) => Number.isInteger(operation))).toBe(true);
    const times = answer.entries.map(({ timestamp }) => timestamp);
    expect(times.filter((time) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time))).toEqual([]);
    expect(times).toEqual([...times].sort().reverse());
  });
});
