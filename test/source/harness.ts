import { Secret } from '../../src/config/secret.ts';
import type { Filter, SourceConfig } from '../../src/config/types.ts';
import { API_PEER } from '../../src/http/transport-errors.ts';
import { UndiciTransport, type UndiciTransportOptions } from '../../src/http/undici-transport.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import { createLog } from '../../src/runtime/pino-log.ts';
import type { AuditLogApi, Search } from '../../src/source/api.ts';
import { type AuditLogApiDeps, createAuditLogApi } from '../../src/source/client.ts';
import { RateLimiter } from '../../src/source/limiter.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** The PAT of the tests: it must show up nowhere. */
export const PAT = 'pat-0123456789abcdef';

/** The first page of a second. */
export const SEARCH: Search = {
  from: '2024-05-01T10:00:00Z',
  to: '2024-05-01T10:00:01Z',
  page: 1,
  perPage: 1000,
};

/** A filter that lets everything through. */
export const EVERYTHING: Filter = { operations: [], userIds: [], targets: [], success: null, sourceIps: [] };

/** A source at `baseUrl`. */
export function sourceAt(baseUrl: string, overrides: Partial<SourceConfig> = {}): SourceConfig {
  return {
    id: 'acme',
    userId: 'acme-corp',
    pat: new Secret(PAT),
    baseUrl,
    start: { kind: 'now' },
    schedule: '* * * * *',
    settleMs: 30_000,
    overlapMs: 900_000,
    requestsPerSecond: 15,
    pageSize: 1000,
    filter: EVERYTHING,
    reconcile: false,
    caFile: undefined,
    ...overrides,
  };
}

/** A client over real HTTP, with a clock of its own. */
export interface ApiUnderTest {
  readonly api: AuditLogApi;
  readonly clock: FakeClock;
  readonly metrics: MemoryMetrics;
  /** Log lines so far. */
  // biome-ignore lint/suspicious/noExplicitAny: foreign JSON, looked at by expectations only
  readonly lines: Record<string, any>[];
  /** Ends `search`, and what it waits for. */
  readonly stop: AbortController;
  /** Asks {@link SEARCH}. */
  search(overrides?: Partial<Search>): ReturnType<AuditLogApi['search']>;
  /** How often a request ended with `outcome`. */
  outcomes(outcome: string): number;
  close(): Promise<void>;
}

/** Options of {@link startApi}. */
export interface StartOptions {
  source?: Partial<SourceConfig>;
  clock?: FakeClock;
  transport?: Partial<UndiciTransportOptions>;
  deps?: Partial<AuditLogApiDeps>;
}

/** A client for the server at `baseUrl`; its clock moves by itself unless one is given. */
export function startApi(baseUrl: string, options: StartOptions = {}): ApiUnderTest {
  const clock = options.clock ?? new FakeClock({ auto: true });
  const source = sourceAt(baseUrl, options.source);
  const metrics = new MemoryMetrics();
  // biome-ignore lint/suspicious/noExplicitAny: foreign JSON, looked at by expectations only
  const lines: Record<string, any>[] = [];
  const log = createLog({ level: 'debug', secrets: () => [], write: (line) => lines.push(JSON.parse(line)) });
  const transport = new UndiciTransport({ clock, peer: API_PEER, ...options.transport });
  const limiter = new RateLimiter({ requestsPerSecond: source.requestsPerSecond, clock });
  const random = { float: () => 0.5, hex: () => '' };
  const api = createAuditLogApi({ source, transport, limiter, clock, random, log, metrics, ...options.deps });
  const stop = new AbortController();
  return {
    api,
    clock,
    metrics,
    lines,
    stop,
    search: (overrides) => api.search({ ...SEARCH, ...overrides }, 'live', stop.signal),
    outcomes: (outcome) => metrics.value('clarifai_siem_source_requests_total', { source: 'acme', outcome }),
    close: async () => {
      stop.abort();
      await transport.close();
    },
  };
}
