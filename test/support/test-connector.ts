import { join } from 'node:path';
import type { Host } from '../../src/cli/host.ts';
import { Secret } from '../../src/config/secret.ts';
import type { ConnectorConfig, Format, SourceConfig } from '../../src/config/types.ts';
import { openApis } from '../../src/connector/api.ts';
import type { Machine } from '../../src/connector/machine.ts';
import { type Connector, openConnector } from '../../src/connector/open.ts';
import { gzipCodec } from '../../src/journal/codec.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { cronScheduler } from '../../src/runtime/cron-scheduler.ts';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import { openDirectoryStore } from '../../src/store/directory.ts';
import { seededRandom } from './stepping-clock.ts';

/** What a connector of a test is made with. */
export interface TestConnectorOptions {
  /** Holds `data` and `out`. */
  readonly folder: string;
  readonly url: string;
  readonly userId: string;
  readonly pat: string;
  readonly clock: Clock;
  readonly seed: number;
  readonly source?: Partial<SourceConfig>;
  /** Format of the file sink. Default raw. */
  readonly format?: Format;
  readonly log?: Log;
  /** Aborts when the connector is to stop. */
  readonly stopping?: AbortSignal;
}

/** A config with one source and one file sink. */
export function testConfig(options: TestConnectorOptions): ConnectorConfig {
  return {
    sources: [
      {
        id: 'acme',
        userId: options.userId,
        pat: new Secret(options.pat),
        baseUrl: options.url,
        start: { kind: 'ago', ms: 10 * 86_400_000 },
        schedule: '* * * * *',
        settleMs: 30_000,
        overlapMs: 900_000,
        requestsPerSecond: 1_000,
        pageSize: 100,
        filter: { operations: [], userIds: [], targets: [], success: null, sourceIps: [] },
        reconcile: false,
        caFile: undefined,
        ...options.source,
      },
    ],
    journal: {
      type: 'directory',
      path: join(options.folder, 'data'),
      retentionMs: 45 * 86_400_000,
      maxBytes: 2 ** 33,
    },
    sinks: [
      {
        id: 'local',
        type: 'file',
        sources: ['acme'],
        from: 'earliest',
        format: options.format ?? 'raw',
        path: join(options.folder, 'out'),
        records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
        batch: { maxRecords: 1_000, maxBytes: 5 * 1024 * 1024, maxWaitMs: 5_000 },
      },
    ],
    drainTimeoutMs: 3_600_000,
    server: false,
    log: { level: 'error', format: 'json' },
  };
}

/** Opens a connector on the real client, journal, store and sink, runs `work`, and closes it. */
export async function withTestConnector<T>(
  options: TestConnectorOptions,
  work: (connector: Connector) => Promise<T>,
): Promise<T> {
  const config = testConfig(options);
  const stopping = options.stopping ?? new AbortController().signal;
  const machine: Machine = {
    clock: options.clock,
    random: seededRandom(options.seed),
    log: options.log ?? silentLog,
    metrics: new MemoryMetrics(),
    scheduler: cronScheduler,
    codec: gzipCodec,
    host: testHost(stopping),
  };
  const apis = await openApis(config.sources, machine);
  try {
    const store = openDirectoryStore(config.journal.path);
    return await work(await openConnector(config, machine, store, apis.apiFor, stopping));
  } finally {
    await apis.close();
  }
}

function testHost(stopping: AbortSignal): Host {
  return {
    env: {},
    stdin: (async function* () {})(),
    writeOut: async () => {},
    writeErr: () => {},
    isTerminal: false,
    columns: 80,
    stopping,
  };
}
