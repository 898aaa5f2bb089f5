import type { Environment } from '../config/environment.ts';
import type { SinkConfig } from '../config/types.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Sink } from './sink.ts';
import type { LineOutput } from './stdout.ts';

/** What sinks are made with, beside their config. */
export interface SinkDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Standard output. */
  readonly stdout: LineOutput;
  /** Environment variables: proxies, and what the AWS SDK looks up. */
  readonly env: Environment;
}

type Registry = {
  readonly [Type in SinkConfig['type']]: (
    config: Extract<SinkConfig, { type: Type }>,
    deps: SinkDeps,
  ) => Promise<Sink>;
};

/** Every kind of sink. A new one is a file and a line here; only what is configured is loaded. */
const SINKS: Registry = {
  file: async ({ id, path }, { log }) => new (await import('./file.ts')).FileSink({ id, path, log }),
  stdout: async ({ id }, { stdout }) => new (await import('./stdout.ts')).StdoutSink(id, stdout),
  s3: async (config, deps) => (await import('./s3.ts')).createS3Sink(config, deps),
  elasticsearch: async (config, deps) =>
    (await import('./elasticsearch.ts')).createElasticsearchSink(config, deps),
  opensearch: async (config, deps) => (await import('./opensearch.ts')).createOpenSearchSink(config, deps),
  splunk_hec: async (config, deps) => (await import('./splunk-hec.ts')).createSplunkHecSink(config, deps),
};

/** Makes the sink of a config. It is not opened, and nothing is tried: see {@link Sink.check}. */
export async function createSink(config: SinkConfig, deps: SinkDeps): Promise<Sink> {
  const create = SINKS[config.type] as (config: SinkConfig, deps: SinkDeps) => Promise<Sink>;
  return await create(config, deps);
}
