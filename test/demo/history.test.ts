import { describe, expect, it } from 'vitest';
import { createHistory, type HistoryOptions } from '../../src/demo/history.ts';
import { OPERATIONS } from '../../src/demo/operations.ts';
import { OPERATIONS as CATALOGUE } from '../../src/event/catalogue.ts';
import { MICROSECOND } from '../../src/event/span.ts';

const FROM_MS = Date.parse('2025-01-06T00:00:00Z');
const TO_MS = Date.parse('2025-02-03T00:00:00Z');

interface ShownEntry {
  timestamp: string;
  user: { id: string; first_name: string };
  operation: number | string;
  targets: Record<string, { id: string }>[];
  details: string[];
  success: boolean;
  req_id: string;
  source_ip: string;
}

function history(change: Partial<HistoryOptions> = {}) {
  return createHistory({ seed: 7, userId: 'acme', fromMs: FROM_MS, toMs: TO_MS, count: 5_000, ...change });
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function shown(log: ReturnType<typeof history>, index: number): ShownEntry {
  return JSON.parse(Buffer.from(log.bytesAt(index, 0)).toString()) as ShownEntry;
}

/** RFC 3339 with up to six digits as microseconds since the epoch. */
function microseconds(timestamp: string): bigint {
  const [seconds = '', digits = ''] = timestamp.replace('Z', '').split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000n + BigInt(digits.padEnd(6, '0'));
}

describe('createHistory', () => {
  it('gives the same bytes for the same options, in whatever order they are asked for', () => {
    const [one, other] = [history(), history()];
    const forwards = indices(500).map((index) => Buffer.from(one.bytesAt(index, 0)).toString('latin1'));
    const backwards = indices(500)
      .reverse()
      .map((index) => Buffer.from(other.bytesAt(index, 0)).toString('latin1'))
      .reverse();
    expect(backwards).toEqual(forwards);
  });

  it('gives other entries for another seed', () => {
    const [one, other] = [history(), history({ seed: 8 })];
    const same = indices(500).filter(
      (index) => Buffer.compare(one.bytesAt(index, 0), other.bytesAt(index, 0)) === 0,
    );
    expect(same).toEqual([]);
  });

  it('orders entries by time, all inside the span, and shows each entry at its own microsecond', () => {
    const log = history();
    let before = BigInt(FROM_MS) * 1_000n;
    for (const index of indices(log.length)) {
      const at = log.instantAt(index);
      expect(microseconds(shown(log, index).timestamp) * MICROSECOND).toBe(at);
      expect(at / MICROSECOND).toBeGreaterThanOrEqual(before);
      before = at / MICROSECOND;
    }
    expect(before).toBeLessThan(BigInt(TO_MS) * 1_000n);
  });

  it('tells filters what the bytes say', () => {
    const log = history();
    const codeOf = new Map<number | string, number>(OPERATIONS.map(({ name, code }) => [name, code]));
    for (const index of indices(log.length)) {
      const entry = shown(log, index);
      expect(log.factsAt(index)).toEqual({
        operation: codeOf.get(entry.operation) ?? entry.operation,
        userId: entry.user.id,
        success: entry.success,
        sourceIp: entry.source_ip,
        targets: entry.targets.flatMap((target) =>
          Object.entries(target).map(([kind, object]) => ({ kind, id: object.id })),
        ),
      });
    }
  });

  it('finds the first entry at or after an instant', () => {
    const log = history({ odd: { ties: 0.3 } });
    for (const index of [0, 1, 17, 2_500, 4_999]) {
      const at = log.instantAt(index);
      const first = indices(log.length).findIndex((other) => log.instantAt(other) >= at);
      expect(log.lowerBound(at)).toBe(first);
      expect(log.lowerBound(at - 1n)).toBe(first);
      expect(log.lowerBound(at + 1n)).toBeGreaterThan(index);
    }
    expect(log.lowerBound(0n)).toBe(0);
    expect(log.lowerBound(10n ** 30n)).toBe(log.length);
  });

  it('plays every operation of the catalogue, numbers mostly and names at times', () => {
    const log = history({ count: 20_000 });
    const operations = indices(log.length).map((index) => shown(log, index).operation);
    const names = operations.filter((operation) => typeof operation === 'string');
    expect(new Set(indices(log.length).map((index) => log.factsAt(index).operation)).size).toBe(47);
    expect(names.length / operations.length).toBeGreaterThan(0.01);
    expect(names.length / operations.length).toBeLessThan(0.2);
  });

  it('is busier in office hours than at night or at weekends', () => {
    const log = history();
    const times = indices(log.length).map((index) => new Date(shown(log, index).timestamp));
    const office = times.filter(
      (at) => at.getUTCDay() % 6 !== 0 && at.getUTCHours() >= 8 && at.getUTCHours() < 18,
    );
    expect(office.length / times.length).toBeGreaterThan(0.6);
    expect(times.filter((at) => at.getUTCDay() % 6 === 0).length).toBeGreaterThan(0);
  });

  it('logs several entries for some requests, each by one person from one address, none twice', () => {
    const log = history();
    const requests = new Map<string, ShownEntry[]>();
    for (const index of indices(log.length)) {
      const entry = shown(log, index);
      requests.set(entry.req_id, [...(requests.get(entry.req_id) ?? []), entry]);
    }
    const shared = [...requests.values()].filter(({ length }) => length > 1);
    expect(shared.length).toBeGreaterThan(500);
    for (const entries of shared) {
      expect(new Set(entries.map(({ user, source_ip }) => `${user.id} ${source_ip}`)).size).toBe(1);
    }
    const distinct = new Set(
      indices(log.length).map((i) => Buffer.from(log.bytesAt(i, 0)).toString('latin1')),
    );
    expect(distinct.size).toBe(log.length);
  });

  it('has people with IPv4 and IPv6 addresses, and some failures', () => {
    const log = history();
    const facts = indices(log.length).map((index) => log.factsAt(index));
    expect(new Set(facts.map(({ userId }) => userId)).size).toBe(40);
    expect(facts.some(({ sourceIp }) => sourceIp.includes(':'))).toBe(true);
    expect(facts.some(({ sourceIp }) => sourceIp.includes('.'))).toBe(true);
    const failures = facts.filter(({ success }) => !success).length;
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(facts.length / 10);
  });

  it.each([1_000, 3_000, 20_000])('keeps to about %i bytes an entry when told so', (entryBytes) => {
    const log = history({ entryBytes, count: 2_000 });
    const total = indices(log.length).reduce((sum, index) => sum + log.bytesAt(index, 0).length, 0);
    expect(total / log.length / entryBytes).toBeGreaterThan(0.9);
    expect(total / log.length / entryBytes).toBeLessThan(1.1);
  });

  it('makes huge entries, valid JSON and no two alike, without holding them', () => {
    const log = history({ entryBytes: 1_000_000, count: 20 });
    const entries = indices(log.length).map((index) => Buffer.from(log.bytesAt(index, 0)).toString());
    for (const text of entries) {
      const { details } = JSON.parse(text) as { details: string[] };
      expect(details.join('').length).toBeGreaterThan(700_000);
      expect(text.length).toBeLessThan(1_300_000);
    }
    expect(new Set(entries).size).toBe(20);
  });

  it('fits into a span of a few milliseconds, at night', () => {
    const fromMs = Date.parse('2025-01-05T02:59:59.998Z');
    const log = history({ fromMs, toMs: fromMs + 4, count: 100 });
    const outside = indices(100).filter((index) => {
      const at = log.instantAt(index) / 1_000_000n;
      return at < BigInt(fromMs) || at >= BigInt(fromMs + 4);
    });
    expect(outside).toEqual([]);
  });

  it('refuses a span that ends before it begins', () => {
    expect(() => history({ toMs: FROM_MS })).toThrow(RangeError);
  });
});

describe('operations', () => {
  it('are those of the catalogue of events', () => {
    const facts = (list: readonly { code: number; name: string }[]) =>
      list.map(({ code, name }) => `${code} ${name}`);
    expect(facts(OPERATIONS).sort()).toEqual(facts([...CATALOGUE.values()]).sort());
  });
});
