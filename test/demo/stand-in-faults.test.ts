import { describe, expect, it } from 'vitest';
import { ANSWER_FAULTS, type AnswerFault, type Faults } from '../../src/demo/faults.ts';
import { fromMs, MILLISECOND } from '../../src/event/span.ts';
import { rowsEvery } from './memory-log.ts';
import { ask, type Got, NOON_MS, post, standInOf } from './stand-in-client.ts';

const FIRST_MS = NOON_MS - 20_000;
const rows = rowsEvery(500, 40, FIRST_MS);
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `r${from + i}`);
const always = (fault: AnswerFault, more: Faults = {}): { faults: Faults } => ({
  faults: { answers: { [fault]: 1 }, ...more },
});

describe('faults of the selection', () => {
  const at = (ms: number) => new Date(FIRST_MS + ms).toISOString();
  it.each<[Faults, number, number, string[]]>([
    [{ fromExclusive: true }, 1_000, 2_000, ids(3, 5)],
    [{ toExclusive: true }, 1_000, 2_000, ids(2, 4)],
    [{ boundPrecision: 'truncated' }, 1_500, 2_200, ids(2, 6)],
    [{ boundPrecision: 'rounded' }, 1_500, 2_200, ids(3, 5)],
    [{ boundPrecision: 'bounds_truncated' }, 1_500, 2_700, ids(2, 5)],
    [{ boundPrecision: 'truncated', fromExclusive: true, toExclusive: true }, 1_500, 4_000, ids(4, 8)],
  ])('%j changes what %d to %d ms holds', async (faults, from, to, expected) => {
    const standIn = await standInOf(rows, { faults });
    const query = { timestamp_from: at(from), timestamp_to: at(to) };
    expect((await ask(standIn, { query })).ids).toEqual(expected);
  });

  it.each<[Faults, { page: number; per_page: number }, string[]]>([
    [{ pageCap: 5 }, { page: 2, per_page: 10 }, ids(5, 10)],
    [{ pageFixed: 7 }, { page: 1, per_page: 3 }, ids(0, 7)],
    [{ descending: true }, { page: 1, per_page: 3 }, ['r39', 'r38', 'r37']],
    [{ ignorePage: true }, { page: 3, per_page: 2 }, ['r0', 'r1']],
    [{ repeatLastPage: true }, { page: 99, per_page: 15 }, ids(30, 40)],
    [{ retentionMs: 2_000 }, { page: 1, per_page: 9 }, ids(36, 40)],
    [{ lagShare: 1, lagMs: 18_000 }, { page: 1, per_page: 9 }, ids(0, 4)],
    [{ emptyShare: 1 }, { page: 1, per_page: 9 }, []],
  ])('%j changes the page', async (faults, pagination, expected) => {
    expect((await ask(await standInOf(rows, { faults }), { pagination })).ids).toEqual(expected);
  });

  it('refuses deep pages, but never the first', async () => {
    const standIn = await standInOf(rows, { faults: { deepest: 20 } });
    expect((await ask(standIn, { pagination: { page: 2, per_page: 10 } })).ids).toEqual(ids(10, 20));
    expect((await ask(standIn, { pagination: { page: 3, per_page: 10 } })).code).toBe(11102);
    expect((await ask(standIn, { pagination: { page: 1, per_page: 100 } })).code).toBe(10000);
  });

  it('cuts the tail of an answer', async () => {
    const cut = (await ask(await standInOf(rows, { faults: { cutShare: 1 } }))).ids!;
    expect(cut.length).toBeLessThan(40);
    expect(cut).toEqual(ids(0, cut.length));
  });

  it('gives ties in another order each time, and nothing else out of order', async () => {
    const tied = [
      { at: fromMs(FIRST_MS) },
      ...Array.from({ length: 9 }, () => ({ at: fromMs(FIRST_MS) + MILLISECOND })),
    ];
    const standIn = await standInOf(tied, { faults: { shuffleTies: true } });
    const [one, two] = [(await ask(standIn)).ids!, (await ask(standIn)).ids!];
    expect(one).not.toEqual(two);
    expect([one[0], two[0]]).toEqual(['r0', 'r0']);
    expect(one.toSorted()).toEqual(ids(0, 10));
  });

  it('drifts: rows that are missing in one answer are there in another', async () => {
    const standIn = await standInOf(rows, { faults: { driftShare: 0.5 } });
    const answers = [(await ask(standIn)).ids!, (await ask(standIn)).ids!];
    for (const each of answers) expect(each.length).toBeLessThan(40);
    expect(answers[0]).not.toEqual(answers[1]);
  });

  it('shows late entries when their delay is over, and all of them when settled', async () => {
    let nowMs = FIRST_MS + 20_000;
    const standIn = await standInOf(rows, {
      faults: { lateShare: 1, lateMs: 60_000 },
      nowMs: () => nowMs,
    });
    const early = (await ask(standIn)).ids!;
    expect(early.length).toBeLessThan(40);
    nowMs += 60_000;
    expect((await ask(standIn)).ids).toEqual(ids(0, 40));
    nowMs -= 60_000;
    expect((await ask(standIn)).ids).toEqual(early);
    standIn.settle();
    expect((await ask(standIn)).ids).toEqual(ids(0, 40));
  });
});

describe('faults of the answer', () => {
  it.each<[Faults, RegExp | null]>([
    [{ retryAfter: 'seconds' }, /^1$/],
    [{ retryAfter: 'date' }, /^Mon, 03 Mar 2025 12:00:01 GMT$/],
    [{ retryAfter: 'absurd' }, /^1000000000$/],
    [{}, null],
  ])('throttles with %j', async (faults, expected) => {
    const got = await ask(await standInOf(rows, always('throttled', faults)));
    expect(got).toMatchObject({ http: 429, code: 11005 });
    const header = got.headers.get('retry-after');
    if (expected === null) expect(header).toBeNull();
    else expect(header).toMatch(expected);
  });

  it('tells errors in HTTP 200, by number and by name', async () => {
    const standIn = await standInOf(rows, always('error_in_200'));
    const got: Got[] = [];
    for (let i = 0; i < 30; i++) got.push(await ask(standIn));
    expect(got.every(({ http, ids }) => http === 200 && ids === undefined)).toBe(true);
    expect(new Set(got.map(({ code }) => typeof code))).toEqual(new Set(['number', 'string']));
  });

  it('leaves out the key entries', async () => {
    const got = await ask(await standInOf(rows, always('missing_entries')));
    expect(got).toMatchObject({ http: 200, code: 10000, ids: undefined });
  });

  it.each<[AnswerFault, number, RegExp]>([
    ['login_page', 200, /^text\/html/],
    ['wrong_content_type', 200, /^text\/plain/],
    ['truncated', 200, /^application\/json/],
    ['redirect', 302, /^$/],
  ])('%s', async (fault, http, type) => {
    const response = await post(await standInOf(rows, always(fault)), {}, { redirect: 'manual' });
    expect(response.status).toBe(http);
    expect(response.headers.get('content-type') ?? '').toMatch(type);
    const text = await response.text();
    if (fault === 'wrong_content_type') expect(JSON.parse(text)).toHaveProperty('entries');
    else expect(() => JSON.parse(text)).toThrow();
  });

  it('answers 5xx', async () => {
    const response = await post(await standInOf(rows, always('server_error')), {});
    expect([500, 502, 503, 504]).toContain(response.status);
    await response.text();
  });

  it.each<AnswerFault>(['reset', 'premature_close'])('%s ends the connection', async (fault) => {
    await expect(ask(await standInOf(rows, always(fault)))).rejects.toThrow();
  });

  it('drips byte by byte', async () => {
    const response = await post(await standInOf(rows.slice(0, 1), always('drip', { dripMs: 1 })), {});
    const sizes: number[] = [];
    for await (const chunk of response.body!) sizes.push(chunk.length);
    expect(sizes.length).toBeGreaterThan(10);
  });

  it('sends a gzip bomb', async () => {
    const response = await post(await standInOf(rows, always('gzip_bomb', { bombBytes: 3_000_001 })), {});
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect((await response.arrayBuffer()).byteLength).toBe(3_000_001);
  });

  it('draws every kind of fault, the same with the same seed', async () => {
    const answers = Object.fromEntries(ANSWER_FAULTS.map((fault) => [fault, 0]));
    const outcomes = async () => {
      const faults = { answers: { ...answers, throttled: 0.3, missing_entries: 0.3 } };
      const standIn = await standInOf(rows, { faults, seed: 4 });
      const codes: string[] = [];
      for (let i = 0; i < 30; i++) {
        const { code, ids } = await ask(standIn);
        codes.push(`${code} ${ids === undefined}`);
      }
      return codes;
    };
    const once = await outcomes();
    expect(new Set(once).size).toBe(3);
    expect(await outcomes()).toEqual(once);
  });
});

describe('faults of the service', () => {
  it('revokes the PAT, takes the scope away, and gives both back', async () => {
    const standIn = await standInOf(rows);
    standIn.faults.patRevoked = true;
    expect(await ask(standIn)).toMatchObject({ http: 401, code: 11008 });
    standIn.faults = { scopeLost: true };
    expect(await ask(standIn)).toMatchObject({ http: 403, code: 11007 });
    standIn.faults = {};
    expect((await ask(standIn)).code).toBe(10000);
  });

  it('is out, and comes back when settled', async () => {
    const standIn = await standInOf(rows);
    expect((await ask(standIn)).code).toBe(10000);
    standIn.faults.outage = true;
    await expect(ask(standIn)).rejects.toThrow();
    standIn.settle();
    expect((await ask(standIn)).code).toBe(10000);
  });

  it('has a clock of its own', async () => {
    const standIn = await standInOf(rows, { faults: { skewMs: -90_000 } });
    expect((await ask(standIn)).headers.get('date')).toBe('Mon, 03 Mar 2025 11:58:30 GMT');
  });
});
