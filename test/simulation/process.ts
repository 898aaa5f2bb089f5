import type { Host } from '../../src/cli/host.ts';
import { Secret } from '../../src/config/secret.ts';
import type { ConnectorConfig, SinkConfig } from '../../src/config/types.ts';
import type { Machine } from '../../src/connector/machine.ts';
import { type Connector, openConnector } from '../../src/connector/open.ts';
import type { Codec } from '../../src/journal/codec.ts';
import type { Log } from '../../src/runtime/log.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import type { Scheduler } from '../../src/runtime/scheduler.ts';
import { FileSink } from '../../src/sink/file.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { createAuditLogApi } from '../../src/source/client.ts';
import { createLimiters } from '../../src/source/limiters.ts';
import { seededRandom } from '../support/stepping-clock.ts';
import { clockOf, type Engine, type Life } from './engine.ts';
import type { Scenario } from './scenario.ts';
import { fileSystemOf, sinkOf, storeOf } from './seams.ts';
import { SimulatedTransport } from './transport.ts';
import type { World } from './world.ts';

/** Must show nowhere. */
export const PAT = 'pat-canary-5b1f0c8e';

/** No compression: it costs most of a simulation's time and decides nothing. */
export const PLAIN: Codec = {
  compress: async (bytes) => Buffer.from(bytes),
  decompress: async (bytes) => Buffer.from(bytes),
};

/** What changes between restarts. */
export interface Changes {
  readonly pageSize: number;
  readonly overlapMs: number;
}

/** Opens a connector in a process of the simulation: everything of the product but the machine below it. */
export function openSimulated(
  world: World,
  life: Life,
  changes: Changes,
  stop: AbortSignal,
): Promise<Connector> {
  const { engine, scenario } = world;
  const config = configOf(scenario, changes);
  const clock = clockOf(engine, life, scenario.nightly ? 600_000 : 20_000);
  const random = seededRandom(engine.between(0, 2 ** 31));
  const log = logOf(world, life);
  const metrics = new MemoryMetrics();
  const scheduler = schedulerOf(engine, life);
  const machine: Machine = { clock, random, log, metrics, scheduler, codec: PLAIN, host: hostOf(stop) };
  const limiters = createLimiters(config.sources, clock);
  const transport = new SimulatedTransport(
    engine,
    life,
    world.log,
    scenario,
    world.serverMood,
    world.serverRecord,
    world.faulty,
  );
  const store = storeOf(world.store, life, { ...world.trouble(scenario.store), mood: world.storeMood });
  return openConnector(
    config,
    machine,
    store,
    (source) =>
      createAuditLogApi({
        source,
        transport,
        limiter: limiters.get(source.id)!,
        clock,
        random,
        log,
        metrics,
      }),
    stop,
    async (sink) => makeSink(world, life, sink, log),
  );
}

function makeSink(world: World, life: Life, { id }: SinkConfig, log: Log): Sink {
  const { scenario } = world;
  const trouble = { ...world.trouble(scenario.sinks), mood: world.sinkMoods.get(id)! };
  if (id === 'files') {
    return new FileSink({ id, path: '/out', log, fs: fileSystemOf(world.files, life, trouble) });
  }
  return sinkOf(id, id === 'exact', !scenario.process.two, world.sinks.get(id)!, life, trouble);
}

function configOf(scenario: Scenario, { pageSize, overlapMs }: Changes): ConnectorConfig {
  const records = { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' } as const;
  const batch = { maxRecords: 8, maxBytes: 64 * 1024, maxWaitMs: 5_000 };
  const common = { sources: ['acme'], from: 'earliest', format: 'raw', records, batch } as const;
  const ids = scenario.process.two ? ['exact', 'least'] : ['exact', 'least', 'files'];
  return {
    sources: [
      {
        id: 'acme',
        userId: 'acme-corp',
        pat: new Secret(PAT),
        baseUrl: 'https://api.example',
        start: { kind: 'ago', ms: scenario.historyMs },
        schedule: `*/${scenario.pollMinutes} * * * *`,
        settleMs: 30_000,
        overlapMs,
        requestsPerSecond: 15,
        pageSize,
        filter: { operations: [], userIds: [], targets: [], success: null, sourceIps: [] },
        reconcile: scenario.nightly ? { schedule: '30 3 * * *', daysBack: [1] } : false,
        caFile: undefined,
      },
    ],
    journal: { type: 'directory', path: '/data', retentionMs: scenario.retentionMs, maxBytes: 2 ** 33 },
    sinks: ids.map((id) => ({ ...common, id, type: 'stdout' })),
    drainTimeoutMs: 3_600_000,
    server: false,
    log: { level: 'info', format: 'json' },
  };
}

/** The two kinds of cron expression that a simulation uses: every n minutes, and once a day. */
function schedulerOf(engine: Engine, life: Life): Scheduler {
  return {
    every: (expression, task) => {
      let stopped = false;
      let running = false;
      const run = (): void => {
        if (stopped) return;
        if (!running) {
          running = true;
          void task().finally(() => {
            running = false;
          });
        }
        wait();
      };
      const wait = (): void => {
        const wallMs = engine.trueMs + life.skewMs;
        engine.afterIn(life, nextDueMs(expression, wallMs) - wallMs, run);
      };
      wait();
      return () => {
        stopped = true;
      };
    },
  };
}

function nextDueMs(expression: string, nowMs: number): number {
  const [minute, hour] = expression.split(' ');
  const everyMinutes = /^\*\/(\d+)$/.exec(minute!)?.[1];
  if (everyMinutes !== undefined) {
    const stepMs = Number(everyMinutes) * 60_000;
    return (Math.floor(nowMs / stepMs) + 1) * stepMs;
  }
  const dayMs = 86_400_000;
  const offsetMs = (Number(hour) * 60 + Number(minute)) * 60_000;
  return (Math.floor((nowMs - offsetMs) / dayMs) + 1) * dayMs + offsetMs;
}

function logOf(world: World, life: Life): Log {
  const tell = (level: string) => (fields: object, message: string) => {
    if (life.dead) return;
    const { err } = fields as { err?: unknown };
    const text = err instanceof Error ? `${message}: ${err.message}` : message;
    world.engine.note(`${life.number} ${level} ${text}`);
    if (text.includes(PAT) || JSON.stringify(fields).includes(PAT))
      world.violations.push(`the log shows the PAT: ${message}`);
  };
  const log: Log = {
    debug: () => {},
    info: tell('info'),
    warn: tell('warn'),
    error: tell('error'),
    child: () => log,
  };
  return log;
}

function hostOf(stopping: AbortSignal): Host {
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
