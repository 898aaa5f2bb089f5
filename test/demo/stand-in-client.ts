import { afterEach } from 'vitest';
import { type StandIn, type StandInOptions, startStandIn } from '../../src/demo/stand-in.ts';
import { memoryLog, type Row } from './memory-log.ts';

/** The time by the stand-in's clock. */
export const NOON_MS = Date.parse('2025-03-03T12:00:00Z');

/** An answer as the tests look at it. */
export interface Got {
  readonly http: number;
  readonly code: unknown;
  /** req_ids of the entries, in order; undefined without `entries`. */
  readonly ids: string[] | undefined;
  readonly headers: Headers;
}

const open: StandIn[] = [];
afterEach(async () => {
  for (const standIn of open.splice(0)) await standIn.close();
});

/** Starts a stand-in over `rows`, at noon by its clock, without a rate limit; it is closed when the test ends. */
export async function standInOf(
  rows: readonly Row[],
  options: Partial<StandInOptions> = {},
): Promise<StandIn> {
  const standIn = await startStandIn({
    log: memoryLog(rows),
    userId: 'acme',
    pat: 'secret',
    requestsPerSecond: 'off',
    nowMs: () => NOON_MS,
    ...options,
  });
  open.push(standIn);
  return standIn;
}

/** The raw answer to a request with a good PAT. */
export function post(standIn: StandIn, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${standIn.url}/v2/users/acme/audit_log/searches`, {
    method: 'POST',
    headers: { authorization: 'Key secret', 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
}

/** Asks, oldest first unless the body says otherwise. */
export async function ask(standIn: StandIn, body: object = {}, init: RequestInit = {}): Promise<Got> {
  const response = await post(standIn, { sort_ascending: true, ...body }, init);
  const answer = (await response.json()) as { status: { code: unknown }; entries?: { req_id: string }[] };
  return {
    http: response.status,
    code: answer.status.code,
    ids: answer.entries?.map(({ req_id }) => req_id),
    headers: response.headers,
  };
}
