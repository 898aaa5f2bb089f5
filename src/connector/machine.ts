import type { Host } from '../cli/host.ts';
import type { Secret } from '../config/secret.ts';
import type { ConnectorConfig } from '../config/types.ts';
import { type Codec, gzipCodec } from '../journal/codec.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { MemoryMetrics } from '../runtime/metrics.ts';
import type { Scheduler } from '../runtime/scheduler.ts';
import type { Transport } from '../source/transport.ts';

/** What the connector runs on, handed to everything in it. */
export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: MemoryMetrics;
  /** Runs what is due by cron. */
  readonly scheduler: Scheduler;
  /** Compression of segments. */
  readonly codec: Codec;
  readonly host: Host;
}

/** Makes the machine's side of a connector: clock, randomness, and a log on stderr that shows no secret. */
export async function openMachine(config: ConnectorConfig, host: Host): Promise<Machine> {
  const { systemClock, systemRandom } = await import('../runtime/system-clock.ts');
  const { createLog } = await import('../runtime/pino-log.ts');
  const { cronScheduler } = await import('../runtime/cron-scheduler.ts');
  const secrets = config.sources.map((source) => source.pat);
  const log = createLog({
    level: config.log.level,
    secrets: () => secrets.map((secret: Secret) => secret.reveal()),
    write: (line) => host.writeErr(line),
  });
  const metrics = new MemoryMetrics();
  const time = { clock: systemClock, random: systemRandom, scheduler: cronScheduler };
  return { ...time, log, metrics, codec: gzipCodec, host };
}

/** Connections to Clarifai; one for all sources that trust the same authorities. */
export type TransportFor = (caFile: string | undefined) => Promise<Transport>;
