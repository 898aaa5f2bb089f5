import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { EVERYTHING, PAT, startApi } from './harness.ts';
import { ENTRY, failure, type Responder, startLoopback, success } from './loopback.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('client', () => {
  it('asks as documented, and hands on entries and request id', async () => {
    const server = await startLoopback([success(ENTRY, { ...ENTRY, req_id: 'r2' })]);
    const api = startApi(server.url, { source: { userId: 'acme corp/ä' } });
    closing.push(server.close, api.close);
    const answer = await api.search();
    expect(server.requests[0]?.url).toBe('/v2/users/acme%20corp%2F%C3%A4/audit_log/searches');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: `Key ${PAT}`,
      'content-type': 'application/json',
    });
    expect(server.requests[0]?.json).toEqual({
      query: { timestamp_from: '2024-05-01T10:00:00Z', timestamp_to: '2024-05-01T10:00:01Z' },
      sort_ascending: true,
      pagination: { page: 1, per_page: 1000 },
    });
    expect(answer.entries.map((entry) => JSON.parse(entry.bytes.toString()).req_id)).toEqual(['r1', 'r2']);
    expect(answer.requestId).toBe('answer-1');
    expect(api.outcomes('ok')).toBe(1);
    expect(api.lines).toEqual([]);
  });

  it('asks nobody when filter and search exclude each other', async () => {
    const server = await startLoopback([success(ENTRY)]);
    const api = startApi(server.url, { source: { filter: { ...EVERYTHING, success: true } } });
    closing.push(server.close, api.close);
    expect((await api.search({ success: false })).entries).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });

  it('tells of each retry with its wait, and never of the PAT', async () => {
    const echo: Responder = (response, request) =>
      failure(500, 98004, { 'x-echo': String(request.headers.authorization) })(response, request);
    const server = await startLoopback([...Array(5).fill(echo), success()]);
    const api = startApi(server.url);
    closing.push(server.close, api.close);
    await api.search();
    const told = api.lines.map((line) => [line.attempt, line.wait_ms]);
    // Half of each wait: jitter 0.5.
    const waits = [500, 1_000, 2_000, 4_000, 8_000];
    expect(told).toEqual(waits.map((wait, i) => [i + 1, wait]));
    expect(JSON.stringify(api.lines)).not.toContain(PAT);
  });

  it('ends with the reason of the signal, wherever it waits', async () => {
    const server = await startLoopback([() => {}, failure(500, 98004)]);
    closing.push(server.close);
    const api = startApi(server.url, { clock: new FakeClock() });
    closing.push(api.close);
    const inFlight = expect(api.search()).rejects.toThrow('stopped');
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    const limited = expect(api.search()).rejects.toThrow('stopped');
    api.stop.abort(new Error('stopped'));
    await Promise.all([inFlight, limited]);
    expect([api.clock.sleeping, api.clock.deadlines]).toEqual([0, 0]);
    await expect(api.search()).rejects.toThrow('stopped');
    expect(server.requests).toHaveLength(1);
  });
});
