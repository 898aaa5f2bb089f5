import { describe, expect, it } from 'vitest';
import { createHistory, type OddOptions } from '../../src/demo/history.ts';
import { cutAnswer, readEntry } from '../../src/event/answer.ts';
import { parseTimestamp } from '../../src/event/timestamp.ts';

const FROM_MS = Date.parse('2025-01-06T00:00:00Z');
const TO_MS = Date.parse('2025-01-20T00:00:00Z');
const COUNT = 4_000;

function history(odd: OddOptions, count = COUNT) {
  return createHistory({ seed: 11, userId: 'acme', fromMs: FROM_MS, toMs: TO_MS, count, odd });
}

type Log = ReturnType<typeof history>;

function all(log: Log, read = 0): Buffer[] {
  return Array.from({ length: log.length }, (_, index) => Buffer.from(log.bytesAt(index, read)));
}

function times(log: Log): bigint[] {
  return Array.from({ length: log.length }, (_, index) => log.instantAt(index));
}

function entries(log: Log): Record<string, unknown>[] {
  return all(log).map((bytes) => JSON.parse(bytes.toString()) as Record<string, unknown>);
}

function share(values: readonly boolean[]): number {
  return values.filter(Boolean).length / values.length;
}

describe('odd data of a history', () => {
  it('fault 33: ties have the microsecond of the entry before', () => {
    const at = times(history({ ties: 0.3 }));
    expect(share(at.map((instant, index) => instant === at[index - 1]))).toBeGreaterThan(0.27);
    const plain = times(history({}));
    expect(share(plain.map((instant, index) => instant === plain[index - 1]))).toBeLessThan(0.01);
  });

  it('fault 45: twins are byte-equal to the entry before, and counted', () => {
    const everything: OddOptions = {
      ties: 0.2,
      twins: 0.1,
      sameRequest: 0.1,
      undated: 0.05,
      noRequestId: 0.3,
      oddBytes: 0.2,
      unknownCodes: 0.1,
      denseInstant: { count: 500 },
      driftingProfiles: 0.5,
      future: 0.01,
    };
    const log = history(everything);
    for (const read of [0, 1]) {
      const bytes = all(log, read).map((entry) => entry.toString('latin1'));
      expect(bytes.length - new Set(bytes).size).toBe(log.twinCount());
      expect(bytes.filter((entry, index) => entry === bytes[index - 1])).toHaveLength(log.twinCount());
    }
    expect(log.twinCount()).toBeGreaterThan(300);
    expect(history({}).twinCount()).toBe(0);
  });

  it('fault 44: entries share request id and timestamp, and differ in content', () => {
    const log = history({ sameRequest: 0.2 });
    const keys = entries(log).map(({ req_id, timestamp }) => `${req_id} ${timestamp}`);
    expect(log.length - new Set(keys).size).toBeGreaterThan(0.15 * COUNT);
    expect(new Set(all(log).map((bytes) => bytes.toString('latin1'))).size).toBe(COUNT);
  });

  it('faults 27 to 29: undated entries have no timestamp that can be read', () => {
    const log = history({ undated: 0.1 });
    const readable = entries(log).map(
      ({ timestamp }) => typeof timestamp === 'string' && parseTimestamp(timestamp) !== undefined,
    );
    expect(share(readable)).toBeGreaterThan(0.87);
    expect(share(readable)).toBeLessThan(0.93);
  });

  it('fault 31: future entries come behind the end of the history', () => {
    const at = times(history({ future: 0.05 }));
    expect(at.filter((instant) => instant >= BigInt(TO_MS) * 1_000_000n)).toHaveLength(0.05 * COUNT);
  });

  it('fault 43: request ids are absent or empty', () => {
    const ids = entries(history({ noRequestId: 0.2 })).map(({ req_id }) => req_id);
    expect(share(ids.map((id) => id === undefined))).toBeGreaterThan(0.07);
    expect(share(ids.map((id) => id === ''))).toBeGreaterThan(0.07);
    expect(share(ids.map((id) => typeof id === 'string' && id.length === 32))).toBeGreaterThan(0.77);
  });

  it('fault 46: drifting profiles change between reads, and nothing else does', () => {
    const log = history({ driftingProfiles: 0.2 });
    const [first, second] = [all(log, 0), all(log, 1)];
    const differs = first.map((bytes, index) => !bytes.equals(second[index]!));
    expect(new Set(usersWhere(log, differs)).size).toBe(8);
    const bare = (bytes: Buffer) => ({ ...(JSON.parse(bytes.toString()) as object), user: undefined });
    expect(first.map(bare)).toEqual(second.map(bare));
    expect(all(history({}), 0)).toEqual(all(history({}), 1));
  });

  it('fault 47: unknown operation codes and target kinds occur', () => {
    const log = history({ unknownCodes: 0.1 });
    const unknown = Array.from({ length: COUNT }, (_, index) =>
      [500, 503, 1_200, 4_711, 999_999].includes(log.factsAt(index).operation),
    );
    expect(share(unknown)).toBeGreaterThan(0.08);
    expect(all(log).some((bytes) => bytes.includes('{"pipeline":{'))).toBe(true);
  });

  it('faults 50 to 58: odd bytes are JSON all the same, but for invalid UTF-8', () => {
    const log = history({ oddBytes: 0.2 });
    const bytes = all(log);
    expect(entries(log)).toHaveLength(COUNT);
    for (const part of [
      '\\ud800',
      '\u2028',
      '9007199254740993',
      '"__proto__"',
      '\\u0000',
      'fe80::1%eth0',
      '[[[[[[',
    ]) {
      expect(
        bytes.some((entry) => entry.includes(part)),
        part,
      ).toBe(true);
    }
    const decoder = new TextDecoder('utf-8', { fatal: true });
    expect(bytes.some((entry) => throws(() => decoder.decode(entry)))).toBe(true);
    expect(bytes.some((entry) => entry.toString().split('"description":').length === 4)).toBe(true);
  });

  it('fault 30: late entries become visible after their event time, within the longest delay', () => {
    const log = history({ late: 0.25, lateMs: 5_000 });
    const delays = times(log).map((at, index) => log.visibleFromMs(index) - Number(at / 1_000_000n));
    const late = delays.filter((delay) => delay !== Number.NEGATIVE_INFINITY);
    expect(late.length / COUNT).toBeGreaterThan(0.2);
    expect(late.filter((delay) => delay < 0 || delay > 5_001)).toEqual([]);
    expect(Math.max(...late)).toBeGreaterThan(4_000);
  });

  it('fault 40: a second and an instant hold as many entries as asked for', () => {
    const secondMs = FROM_MS + 3_600_000;
    const instantMs = FROM_MS + 7_200_500;
    const log = history({
      denseSecond: { count: 1_500, atMs: secondMs },
      denseInstant: { count: 1_200, atMs: instantMs },
      ties: 0.1,
      twins: 0.1,
    });
    const between = (from: bigint, to: bigint) => log.lowerBound(to) - log.lowerBound(from);
    const [second, instant] = [BigInt(secondMs) * 1_000_000n, BigInt(instantMs) * 1_000_000n];
    expect(between(second, second + 1_000_000_000n)).toBeGreaterThanOrEqual(1_500);
    expect(between(instant, instant + 1n)).toBeGreaterThanOrEqual(1_200);
    expect(log.length).toBe(COUNT);
    const at = times(log);
    expect(at.filter((value, index) => index > 0 && value < at[index - 1]!)).toEqual([]);
  });

  it('is cut by the connector at the very bytes and read at the very times that the log tells', () => {
    const log = history(
      { oddBytes: 0.3, undated: 0.1, unknownCodes: 0.1, noRequestId: 0.1, future: 0.01 },
      900,
    );
    const bytes = all(log);
    const separated = bytes.flatMap((entry, index) => (index === 0 ? [entry] : [Buffer.from(','), entry]));
    const cut = cutAnswer(
      Buffer.concat([Buffer.from('{"status":{"code":10000},"entries":['), ...separated, Buffer.from(']}')]),
    );
    expect(cut.entries?.map((entry) => entry.bytes.toString('latin1'))).toEqual(
      bytes.map((entry) => entry.toString('latin1')),
    );
    const wrong = bytes.filter((entry, index) => {
      const { at } = readEntry(entry);
      return at !== undefined && at !== log.instantAt(index);
    });
    expect(wrong).toEqual([]);
    expect(bytes.filter((entry) => readEntry(entry).at === undefined).length).toBeLessThan(
      0.15 * bytes.length,
    );
  });

  it('refuses dense entries that do not fit into the count', () => {
    expect(() => history({ denseInstant: { count: 11 } }, 10)).toThrow(/raise count/);
  });
});

function usersWhere(log: Log, differs: readonly boolean[]): string[] {
  return differs.flatMap((differing, index) => (differing ? [log.factsAt(index).userId] : []));
}

function throws(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}
