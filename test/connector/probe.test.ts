import { describe, expect, it } from 'vitest';
import { type ApiFindings, probeApi } from '../../src/connector/probe.ts';
import { fromMs, MICROSECOND, SECOND } from '../../src/event/span.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type Hostility, logEntry, SimulatedApi } from '../support/simulated-api.ts';
import { testConfig } from '../support/test-connector.ts';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const DAY_MS = 86_400_000;

/** What is found of an API with `count` entries in the last ten days. */
async function probed(hostility: Hostility, count = 400): Promise<ApiFindings & { asked: number }> {
  const clock = new FakeClock({ nowMs: NOW_MS });
  const api = new SimulatedApi(() => clock.nowMs(), hostility);
  for (let i = 0; i < count; i++) {
    const at = fromMs(NOW_MS - 10 * DAY_MS) + BigInt(i) * 9n * SECOND + BigInt(i % 7) * 1_001n * MICROSECOND;
    api.log.push(logEntry(at, `r${i}`, 0));
  }
  const options = { folder: '/nowhere', url: 'http://127.0.0.1:9', userId: 'acme-corp', pat: 'pat' };
  const source = {
    ...testConfig({ ...options, clock, seed: 1 }).sources[0]!,
    pageSize: 300,
    start: { kind: 'ago' as const, ms: 90 * DAY_MS },
  };
  const found = await probeApi(source, api, clock, new AbortController().signal);
  expect(found.requests).toBe(api.requests.length);
  return { ...found, asked: api.requests.length };
}

describe('probe', () => {
  it('tells of a friendly API, in at most six requests', async () => {
    const { asked, answerMs, ...found } = await probed({});
    expect(found).toEqual({
      requests: 5,
      clockSkewSeconds: 0,
      pageAsked: 300,
      pageGiven: 300,
      ascending: true,
      fromInclusive: true,
      toInclusive: true,
      boundPrecision: 'microseconds',
      timestampDigits: 6,
      oldest: '2026-06-05T12:00:00Z',
    });
    expect(asked).toBeLessThanOrEqual(6);
  });

  it.each<[string, Hostility, Partial<ApiFindings>]>([
    ['a cap on pages', { pageCap: 100 }, { pageGiven: 100 }],
    ['pages of a fixed size', { pageFixed: 350 }, { pageGiven: 350 }],
    ['an exclusive lower bound', { fromExclusive: true }, { fromInclusive: false, toInclusive: true }],
    ['an exclusive upper bound', { toExclusive: true }, { fromInclusive: true, toInclusive: false }],
    ['bounds of whole seconds', { secondBounds: true }, { fromInclusive: true, boundPrecision: 'seconds' }],
    [
      'exclusive bounds of whole seconds',
      { secondBounds: true, fromExclusive: true, toExclusive: true },
      { fromInclusive: false, toInclusive: false, boundPrecision: null },
    ],
    ['the wrong order', { descending: true }, { ascending: false, oldest: null }],
    ['a clock ahead', { skewMs: 90_000 }, { clockSkewSeconds: 90 }],
    ['a clock behind', { skewMs: -45_000 }, { clockSkewSeconds: -44 }],
    ['a short memory', { retentionMs: 10 * DAY_MS - 60_000 }, { oldest: '2026-06-05T12:01:03Z' }],
  ])('tells of %s', async (_what, hostility, expected) => {
    expect(await probed(hostility)).toMatchObject(expected);
  });

  it('claims nothing where there is nothing to see', async () => {
    expect(await probed({}, 0)).toMatchObject({
      requests: 2,
      pageGiven: null,
      ascending: null,
      fromInclusive: null,
      boundPrecision: null,
      timestampDigits: null,
      oldest: null,
    });
    expect(await probed({}, 1)).toMatchObject({ pageGiven: null, ascending: null, fromInclusive: true });
  });
});
