import { describe, expect, it } from 'vitest';
import { createHistory } from '../../src/demo/history.ts';
import { fromMs } from '../../src/event/span.ts';
import { memoryLog, rowsEvery } from './memory-log.ts';
import { ask, NOON_MS, post, standInOf } from './stand-in-client.ts';

const FIRST_MS = NOON_MS - 3_600_000;
const rows = rowsEvery(1_000, 300, FIRST_MS);
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `r${from + i}`);

describe('startStandIn', () => {
  it('gives pages of 128 by default, newest first, and as many as asked', async () => {
    const standIn = await standInOf(rows);
    expect((await ask(standIn, { sort_ascending: false })).ids).toEqual(ids(172, 300).reverse());
    expect((await ask(standIn)).ids).toEqual(ids(0, 128));
    expect((await ask(standIn, { pagination: { page: 2, per_page: 200 } })).ids).toEqual(ids(200, 300));
    expect((await ask(standIn, { pagination: { page: 3, per_page: 200 } })).ids).toEqual([]);
  });

  it('includes both bounds, to the nanosecond', async () => {
    const standIn = await standInOf(rows);
    const query = {
      timestamp_from: new Date(FIRST_MS + 5_000).toISOString(),
      timestamp_to: new Date(FIRST_MS + 8_000).toISOString(),
    };
    expect((await ask(standIn, { query })).ids).toEqual(ids(5, 9));
    const inside = { ...query, timestamp_from: new Date(FIRST_MS + 5_001).toISOString() };
    expect((await ask(standIn, { query: inside })).ids).toEqual(ids(6, 9));
  });

  it.each([
    ['user_ids', ['bob'], ['r1']],
    ['operations', ['MODEL_CREATE'], ['r2']],
    ['operations', [777], ['r3']],
    ['targets', [{ app: { id: 'a' } }], ['r4']],
    ['success', false, ['r5']],
    ['source_ips', ['2001:db8::1'], ['r6']],
    ['success', null, ids(0, 7)],
    ['user_ids', [], ids(0, 7)],
  ])('filters by %s %j', async (name, value, expected) => {
    const code = 'MODEL_CREATE';
    const { OPERATIONS } = await import('../../src/demo/operations.ts');
    const operation = OPERATIONS.find((each) => each.name === code)!.code;
    const at = fromMs(FIRST_MS);
    const standIn = await standInOf([
      { at, operation: 1 },
      { at, operation: 1, userId: 'bob' },
      { at, operation },
      { at, operation: 777 },
      { at, operation: 1, targets: [{ kind: 'app', id: 'a' }] },
      { at, operation: 1, success: false, targets: [{ kind: 'team', id: 'a' }] },
      { at, operation: 1, sourceIp: '2001:db8::1' },
    ]);
    expect((await ask(standIn, { query: { [name]: value } })).ids).toEqual(expected);
  });

  it.each([
    ['no PAT', {}, 401, 11002],
    ['a wrong PAT', { authorization: 'Key other' }, 401, 11008],
    ['a wrong scheme', { authorization: 'Bearer secret' }, 401, 11002],
    ['another content type', { authorization: 'Key secret', 'content-type': 'text/plain' }, 400, 11102],
  ])('refuses %s', async (_, headers, http, code) => {
    const standIn = await standInOf(rows);
    expect(await ask(standIn, {}, { headers })).toMatchObject({ http, code, ids: undefined });
  });

  it.each([
    '{',
    '[]',
    '{"pagination":{"per_page":1001}}',
    '{"pagination":{"page":-1}}',
    '{"query":{"timestamp_from":"2024-02-30T00:00:00Z"}}',
    '{"query":{"operations":["NO_SUCH"]}}',
    '{"query":{"targets":[{"planet":{"id":"x"}}]}}',
  ])('refuses the body %s with 11102', async (body) => {
    const response = await post(await standInOf(rows), body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: { code: 11102 } });
  });

  it('knows one user', async () => {
    const standIn = await standInOf(rows);
    const response = await fetch(`${standIn.url}/v2/users/other/audit_log/searches`, {
      method: 'POST',
      headers: { authorization: 'Key secret', 'content-type': 'application/json' },
      body: '{}',
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ status: { code: 11101 } });
  });

  it('lets 15 requests a second in by default, and tells the most it saw', async () => {
    let nowMs = NOON_MS;
    const standIn = await standInOf(rows, { requestsPerSecond: 15, nowMs: () => nowMs });
    for (let i = 0; i < 15; i++) expect((await ask(standIn)).code).toBe(10000);
    nowMs += 999;
    expect(await ask(standIn)).toMatchObject({ http: 429, code: 11005 });
    nowMs += 1;
    expect((await ask(standIn)).code).toBe(10000);
    expect(standIn.requests).toMatchObject({
      total: 17,
      mostPerSecond: 16,
      byOutcome: { ok: 16, throttled: 1 },
    });
    const stats = (await (await fetch(`${standIn.url}/_stats`)).json()) as object;
    expect(stats).toMatchObject({ total: 17, mostPerSecond: 16 });
  });

  it('answers in gzip when asked and enabled', async () => {
    const standIn = await standInOf(rows, { gzip: true });
    const got = await ask(standIn);
    expect(got.headers.get('content-encoding')).toBe('gzip');
    expect(got.ids).toEqual(ids(0, 128));
  });

  it('close ends answers under way', async () => {
    const standIn = await standInOf(rows, { latencyMs: 3_600_000 });
    const asked = ask(standIn).then(
      () => 'answered',
      () => 'ended',
    );
    while (standIn.requests.total === 0) await new Promise((resolve) => setImmediate(resolve));
    await standIn.close();
    expect(await asked).toBe('ended');
  });

  it('serves any page of 1,000,000 entries', async () => {
    const fromMs = NOON_MS - 90 * 86_400_000;
    const log = createHistory({ seed: 1, userId: 'acme', fromMs, toMs: NOON_MS, count: 1_000_000 });
    const standIn = await standInOf([], { log });
    expect(standIn.truthCount).toBe(1_000_000);
    const last = await ask(standIn, { pagination: { page: 1_000, per_page: 1_000 } });
    expect(last.ids).toHaveLength(1_000);
    const newest = await ask(standIn, { sort_ascending: false, pagination: { per_page: 1_000 } });
    expect(newest.ids!.reverse()).toEqual(last.ids);
  });

  it('tells the truth of a log that hides entries', async () => {
    const hidden = [{ at: fromMs(FIRST_MS) }, { at: fromMs(FIRST_MS), visibleFromMs: NOON_MS + 1 }];
    const standIn = await standInOf(hidden);
    expect((await ask(standIn)).ids).toEqual(['r0']);
    const log = memoryLog(hidden);
    expect([...standIn.truth()]).toEqual([log.bytesAt(0, 0), log.bytesAt(1, 0)]);
    standIn.settle();
    expect((await ask(standIn)).ids).toEqual(['r0', 'r1']);
  });
});
