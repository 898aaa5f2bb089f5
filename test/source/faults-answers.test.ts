import { afterEach, describe, expect, it, vi } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type ApiUnderTest, PAT, type StartOptions, startApi } from './harness.ts';
import { ENTRY, failure, json, type Loopback, type Responder, startLoopback, success } from './loopback.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(
  responders: Responder[],
  options: StartOptions = {},
): Promise<{ server: Loopback; api: ApiUnderTest }> {
  const server = await startLoopback(responders);
  const api = startApi(server.url, options);
  closing.push(server.close, api.close);
  return { server, api };
}

function html(status: number, body = `<html>Sign in, ${PAT}\u0007</html>`): Responder {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' });
    response.end(body);
  };
}

// biome-ignore lint/suspicious/noExplicitAny: foreign JSON, looked at by expectations only
async function refusal(promise: Promise<unknown>): Promise<any> {
  return await promise.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error,
  );
}

describe('faults of answers: throttling', () => {
  it.each([
    ['seconds', () => '7', 7_000],
    ['an HTTP date', (nowMs: number) => new Date(nowMs + 90_000).toUTCString(), 90_000],
    ['an absurd number', () => '1000000000', 15 * 60_000],
  ])('fault 1: 429 with Retry-After in %s is waited for, at most 15 minutes', async (_, value, waitMs) => {
    const clock = new FakeClock({ auto: true });
    const date = new Date(clock.nowMs()).toUTCString();
    const headers = { 'retry-after': value(clock.nowMs()), date };
    const { server, api } = await start([failure(429, 11005, headers), success(ENTRY)], { clock });
    const answer = await api.search();
    expect(answer.entries).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(waitMs);
    expect(clock.monotonicMs()).toBeLessThan(waitMs + 1_000);
    expect(api.outcomes('throttled')).toBe(1);
    expect(api.metrics.value('clarifai_siem_source_throttled_total', { source: 'acme' })).toBe(1);
    expect(api.metrics.value('clarifai_siem_source_retries_total', { source: 'acme' })).toBe(1);
  });

  it('fault 1: one throttle answer holds up everybody under the same limiter', async () => {
    const clock = new FakeClock();
    const { server, api } = await start([failure(429, 11005, { 'retry-after': '7' }), success()], { clock });
    const throttled = api.search();
    await vi.waitFor(() => expect(clock.sleeping).toBe(1));
    const other = api.search();
    await clock.advance(6_990);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1_000);
    await Promise.all([throttled, other]);
    expect(server.requests).toHaveLength(3);
  });

  it('fault 2: 429 without Retry-After waits from one second up, doubled by attempts', async () => {
    const { server, api } = await start([...Array(4).fill(failure(429, 11005)), success()]);
    await api.search();
    expect(server.requests).toHaveLength(5);
    // Jitter is 0.5: 1,000 at least, then 1,000, 2,000 and 4,000.
    expect(api.clock.monotonicMs()).toBeGreaterThanOrEqual(8_000);
    expect(api.clock.monotonicMs()).toBeLessThan(9_000);
  });

  it('fault 2: CONN_THROTTLED by name, with HTTP 200, is a throttle answer too', async () => {
    const { api } = await start([failure(200, 'CONN_THROTTLED'), success()]);
    await api.search();
    expect(api.outcomes('throttled')).toBe(1);
    expect(api.clock.monotonicMs()).toBeGreaterThanOrEqual(1_000);
  });
});

describe('faults of answers: what only looks like an answer', () => {
  it('fault 3: an error code in a 200 with an empty list is never an empty page', async () => {
    const hidden = json(200, { status: { code: 98009 }, entries: [] });
    const { server, api } = await start([hidden, success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
    expect(api.outcomes('server')).toBe(1);
  });

  it.each([
    ['number', 20202],
    ['name', 'SOMETHING_NEW'],
    ['absence', undefined],
  ])('fault 3: an unknown code (%s) is tried again with an alarm', async (_, code) => {
    const { api } = await start([json(200, { status: { code }, entries: [] }), success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken.unknown_status')).toBe(1);
    expect(api.lines.filter((line) => line.level === 'error')).toHaveLength(1);
  });

  it('fault 4: success without "entries" is a protocol error, tried again', async () => {
    const { api } = await start([json(200, { status: { code: 10000 } }), success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken')).toBe(1);
  });

  it.each([500, 502, 503, 504])('fault 5: HTTP %i is tried again with the same request', async (status) => {
    const { server, api } = await start([html(status), failure(status, 99009), success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(server.requests[2]?.json).toEqual(server.requests[0]?.json);
    expect(api.outcomes('server')).toBe(2);
  });

  it('fault 5: 503 with Retry-After is not tried sooner', async () => {
    const { api } = await start([failure(503, 98004, { 'retry-after': '120' }), success()]);
    await api.search();
    expect(api.clock.monotonicMs()).toBeGreaterThanOrEqual(120_000);
  });

  it('fault 11: another content type is refused even with good JSON, and alarms from the fifth time on', async () => {
    const body = { status: { code: 10000 }, entries: [] };
    const text = json(200, body, { 'content-type': 'text/plain' });
    const { api } = await start([...Array(5).fill(text), success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken.content_type')).toBe(5);
    const told = api.lines.map((line) => [line.level, line.attempt]);
    expect(told).toEqual([
      ['warn', 1],
      ['warn', 2],
      ['warn', 3],
      ['warn', 4],
      ['error', 5],
    ]);
  });

  it('fault 12: a login page with 200 says that a proxy or SSO answered, without secrets and control characters', async () => {
    const { api } = await start([html(200), success(ENTRY)]);
    await api.search();
    expect(api.outcomes('proxy_page')).toBe(1);
    const message: string = api.lines[0]?.err.message;
    expect(message).toContain('a proxy or SSO answered');
    expect(message).toContain('<html>Sign in, [redacted] </html>');
    expect(JSON.stringify(api.lines)).not.toContain(PAT);
  });

  it.each(['/elsewhere', 'other'])('fault 13: a redirect to %s is not followed', async (target) => {
    const other = await startLoopback([success(ENTRY)]);
    closing.push(other.close);
    const location = target === 'other' ? `${other.url}/v2` : target;
    const { server, api } = await start([json(307, {}, { location }), success()]);
    await api.search();
    expect(other.requests).toHaveLength(0);
    expect(server.requests.map((request) => request.url)).toEqual([
      '/v2/users/acme-corp/audit_log/searches',
      '/v2/users/acme-corp/audit_log/searches',
    ]);
    expect(api.outcomes('redirect')).toBe(1);
    expect(api.lines[0]?.level).toBe('error');
  });
});

describe('faults of answers: refusals', () => {
  it.each([
    ['HTTP 401', html(401), 'pat'],
    ['11002', failure(200, 11002), 'pat'],
    ['11008', failure(400, 'CONN_KEY_INVALID'), 'pat'],
    ['11009', failure(401, 11009), 'pat'],
    ['HTTP 403', html(403), 'scope'],
    ['11007', failure(401, 11007), 'scope'],
    ['HTTP 404', html(404), 'user'],
    ['11101', failure(200, 'CONN_DOES_NOT_EXIST'), 'user'],
  ])('faults 18, 19, 20: %s is thrown at once with what to check', async (_, responder, kind) => {
    const { server, api } = await start([responder]);
    const error = await refusal(api.search());
    expect(error).toMatchObject({ code: `source.refused.${kind}`, exitCode: 3, retryable: false });
    expect(error.message).toMatch({ pat: /pat_file/, scope: /AuditLogs_Get/, user: /acme-corp/ }[kind]!);
    expect(error.message).not.toContain(PAT);
    expect(server.requests).toHaveLength(1);
    expect(api.outcomes(`refused.${kind}`)).toBe(1);
  });

  it('fault 18: a PAT that has changed in its file is tried at once, and once', async () => {
    const pat = new Secret(PAT, () => 'pat-new-one');
    const { server, api } = await start([failure(401, 11009), success(ENTRY)], { source: { pat } });
    expect((await api.search()).entries).toHaveLength(1);
    expect(server.requests.map((request) => request.headers.authorization)).toEqual([
      `Key ${PAT}`,
      'Key pat-new-one',
    ]);
    expect(api.clock.monotonicMs()).toBeLessThan(100);
  });

  it('fault 18: requests that were refused together all take the new PAT', async () => {
    const pat = new Secret(PAT, () => 'pat-new-one');
    const byKey: Responder = (response, request) =>
      (request.headers.authorization === 'Key pat-new-one' ? success(ENTRY) : failure(401, 11009))(
        response,
        request,
      );
    const { api } = await start([byKey], { source: { pat } });
    const answers = await Promise.all([api.search(), api.search(), api.search()]);
    expect(answers.map((answer) => answer.entries.length)).toEqual([1, 1, 1]);
  });

  it('fault 18: a PAT with a line break is refused before anything is sent', async () => {
    const { server, api } = await start([success()], { source: { pat: new Secret('pat\nx') } });
    expect(await refusal(api.search())).toMatchObject({ code: 'source.refused.pat', exitCode: 3 });
    expect(server.requests).toHaveLength(0);
  });

  it.each([11102, 'CONN_INVALID_RANGE', 11100])(
    'code %s is a bad request on page 1, a refused page beyond it',
    async (code) => {
      const { api } = await start([failure(400, code)]);
      expect(await refusal(api.search())).toMatchObject({ code: 'source.bad_request', exitCode: 2 });
      expect(await refusal(api.search({ page: 11 }))).toMatchObject({ code: 'source.page_refused' });
    },
  );

  it('HTTP 400 with an unknown code is a refused page beyond page 1', async () => {
    const { api } = await start([failure(400, 40002)]);
    expect(await refusal(api.search({ page: 2 }))).toMatchObject({ code: 'source.page_refused' });
  });
});

describe('faults of answers: the clock of the server', () => {
  it('fault 21: hands on the time of the server, and alarms once when it is more than 30 s off', async () => {
    const clock = new FakeClock({ auto: true });
    const dates = [clock.nowMs(), clock.nowMs() + 31_000, clock.nowMs() - 60_000, clock.nowMs()];
    const body = { status: { code: 10000 }, entries: [] };
    const { api } = await start(
      dates.map((ms) => json(200, body, { date: new Date(ms).toUTCString() })),
      { clock },
    );
    const seen: (number | undefined)[] = [];
    for (const _ of dates) seen.push((await api.search()).serverMs);
    expect(seen).toEqual(dates);
    expect(api.lines.map((line) => line.level)).toEqual(['error', 'info']);
    expect(api.metrics.value('clarifai_siem_source_clock_skew_seconds', { source: 'acme' })).toBe(0);
  });

  it('fault 21: an unreadable Date is no time', async () => {
    const { api } = await start([json(200, { status: { code: 10000 }, entries: [] }, { date: 'yesterday' })]);
    expect((await api.search()).serverMs).toBeUndefined();
  });
});
