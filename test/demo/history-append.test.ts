import { describe, expect, it } from 'vitest';
import { createHistory, type History } from '../../src/demo/history.ts';
import { fromMs } from '../../src/event/span.ts';

const FROM_MS = Date.parse('2025-01-06T00:00:00Z');
const TO_MS = Date.parse('2025-01-07T00:00:00Z');
const NOW_MS = TO_MS + 5_000;

function history(): History {
  return createHistory({
    seed: 5,
    userId: 'acme',
    fromMs: FROM_MS,
    toMs: TO_MS,
    count: 300,
    nowMs: () => NOW_MS,
  });
}

function texts(log: History): string[] {
  return Array.from({ length: log.length }, (_, index) => Buffer.from(log.bytesAt(index, 0)).toString());
}

describe('History.append', () => {
  it('adds a plausible entry at the end, dated now, that the service shows at once', () => {
    const log = history();
    log.append({});
    expect(log.length).toBe(301);
    expect(log.instantAt(300)).toBe(fromMs(NOW_MS));
    expect(log.visibleFromMs(300)).toBe(Number.NEGATIVE_INFINITY);
    const entry = JSON.parse(texts(log)[300]!);
    expect(entry).toMatchObject({ timestamp: '2025-01-07T00:00:05Z', user: { id: log.factsAt(300).userId } });
  });

  it('puts a late entry at its place in time, between those that were there', () => {
    const log = history();
    const before = texts(log);
    const instant = log.instantAt(100);
    log.append({ instant: instant + 1n, visibleFromMs: NOW_MS + 9 });
    log.append({ instant: instant + 7n });
    log.append({ instant: instant - 1n });
    expect(texts(log).filter((text) => before.includes(text))).toEqual(before);
    const place = log.lowerBound(instant + 1n);
    expect(log.instantAt(place)).toBe(instant + 1n);
    expect(log.visibleFromMs(place)).toBe(NOW_MS + 9);
    expect(JSON.parse(texts(log)[place]!).timestamp).toMatch(/\.\d{6}001Z$/);
    const times = Array.from({ length: log.length }, (_, index) => log.instantAt(index));
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  });

  it('keeps entries of one instant in the order in which they were added', () => {
    const log = history();
    for (const name of ['a', 'b', 'c'])
      log.append({ atMs: NOW_MS, bytes: Buffer.from(`{"req_id":"${name}"}`) });
    expect(texts(log).slice(300)).toEqual(['{"req_id":"a"}', '{"req_id":"b"}', '{"req_id":"c"}']);
  });

  it('gives back handed-in bytes as they are, and reads from them what filters compare', () => {
    const log = history();
    const bytes = Buffer.from(
      '{ "operation" : "MODEL_CREATE", "user":{"id":"eve"}, "targets":[{"app":{"id":"x"}}], "source_ip":"::1","success":true}',
    );
    log.append({ atMs: NOW_MS, bytes });
    log.append({ atMs: NOW_MS + 1, bytes: Buffer.from('no JSON') });
    expect(log.bytesAt(300, 0)).toBe(bytes);
    expect(log.factsAt(300)).toEqual({
      operation: 300,
      userId: 'eve',
      success: true,
      sourceIp: '::1',
      targets: [{ kind: 'app', id: 'x' }],
    });
    expect(log.factsAt(301)).toEqual({ operation: 0, userId: '', success: false, sourceIp: '', targets: [] });
  });
});
