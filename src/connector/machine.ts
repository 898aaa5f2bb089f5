import type { Host } from '../cli/host.ts';
import { secretsOf } from '../config/secrets-of.ts';
import type { ConnectorConfig } from '../config/types.ts';
import type { Transport } from '../http/transport.ts';
import { type Codec, gzipCodec } from '../journal/codec.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { type Metrics, silentMetrics } from '../runtime/metrics.ts';
import type { Scheduler } from '../runtime/scheduler.ts';
import type { SinkDeps } from '../sink/registry.ts';

/** What the connector runs on, handed to everything in it. */
export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Runs what is due by cron. */
  readonly scheduler: Scheduler;
  /** Compression of segments. */
  readonly codec: Codec;
  readonly host: Host;
}

/**
 * Makes the machine's side of a connector: clock, randomness, and a log on stderr that shows no secret. Its metrics
 * drop everything; who serves them puts others in their place.
 */
export async function openMachine(config: ConnectorConfig, host: Host): Promise<Machine> {
  const { systemClock, systemRandom } = await import('../runtime/system-clock.ts');
  const { createLog } = await import('../runtime/pino-log.ts');
  const { cronScheduler } = await import('../runtime/cron-scheduler.ts');
  const secrets = secretsOf(config);
  const log = createLog({
    ...config.log,
    secrets: () => secrets.map((secret) => secret.reveal()),
    write: (line) => host.writeErr(line),
  });
  const time = { clock: systemClock, random: systemRandom, scheduler: cronScheduler };
  return { ...time, log, metrics: silentMetrics, codec: gzipCodec, host };
}

/** Connections to Clarifai; one for all sources that trust the same authorities. */
export type TransportFor = (caFile: string | undefined) => Promise<Transport>;

/** What sinks are made with on `machine`. */
export function sinkDepsOf({ clock, random, log, host }: Machine): SinkDeps {
  return { clock, random, log, stdout: { write: (chunk) => host.writeOut(chunk) }, env: host.env };
}
