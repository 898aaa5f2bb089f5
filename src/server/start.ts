import type { ConnectorConfig } from '../config/types.ts';
import { LiveStatusReader } from '../connector/live-status.ts';
import type { Connector } from '../connector/open.ts';
import { StoreUsage } from '../connector/store-usage.ts';
import { PrometheusMetrics } from './prometheus.ts';
import { createRoutes } from './routes.ts';
import { type StatusServer, startServer } from './server.ts';

/** Metrics for a process that serves them, with the series that `config` lets expect. */
export function createMetrics({ sources, sinks }: ConnectorConfig): PrometheusMetrics {
  return new PrometheusMetrics({
    sources: sources.map(({ id }) => id),
    shipped: sinks.flatMap((sink) => sink.sources.map((source) => ({ sink: sink.id, source }))),
  });
}

/**
 * Serves the status of `connector` until it is closed. To be called before it runs: what is committed is counted
 * from here on. Throws `server.listen` (exit 2).
 *
 * @param metrics what the connector's machine counts into
 * @param version version of this program
 */
export async function serveStatus(
  connector: Connector,
  metrics: PrometheusMetrics,
  version: string,
): Promise<StatusServer> {
  const { config, machine, store, sources } = connector;
  const { clock, host, log } = machine;
  const usage = new StoreUsage(
    store,
    sources.map((source) => source.config.id),
    clock,
  );
  const status = new LiveStatusReader(connector, usage, host.stopping);
  for (const { activity } of sources) activity.begin();
  return startServer(config.server, createRoutes({ status, metrics, version, usage: host.usage }), log);
}
