import type { ConnectorConfig } from '../config/types.ts';
import { LiveStatusReader } from '../connector/live-status.ts';
import type { Connector } from '../connector/open.ts';
import { StoreUsage } from '../connector/store-usage.ts';
import { type MetricIds, PrometheusMetrics } from './prometheus.ts';
import { createRoutes } from './routes.ts';
import type { ProcessUsage } from './scrape.ts';
import { type Routes, type StatusServer, startServer } from './server.ts';

/** What a process serves about itself: the same server and counters while its config is read again. */
export class StatusService {
  /** What the connector's machine counts into. */
  readonly metrics: PrometheusMetrics;
  readonly #routes: Routes;
  #status: LiveStatusReader | undefined;
  #server: StatusServer | undefined;
  #listensOn = '';

  /**
   * @param version version of this program
   * @param usage what the process takes of the machine
   */
  constructor(config: ConnectorConfig, version: string, usage: (() => ProcessUsage) | undefined) {
    this.metrics = new PrometheusMetrics(idsOf(config));
    const status = { read: () => this.#status!.read() };
    this.#routes = createRoutes({ status, metrics: this.metrics, version, usage });
  }

  /**
   * Serves the status of `connector` from now on. To be called before it runs: what is committed is counted from here
   * on. Throws `server.listen` (exit 2), and goes on serving what it served.
   */
  async show(connector: Connector): Promise<void> {
    const { config, machine, store, sources } = connector;
    const { clock, host, log } = machine;
    const listensOn = JSON.stringify(config.server);
    if (listensOn !== this.#listensOn) {
      const server = await startServer(config.server, this.#routes, log);
      await this.#server?.close();
      this.#server = server;
      this.#listensOn = listensOn;
    }
    const ids = sources.map((source) => source.config.id);
    this.metrics.expect(idsOf(config));
    this.#status = new LiveStatusReader(connector, new StoreUsage(store, ids, clock), host.stopping);
    for (const { activity } of sources) activity.begin();
  }

  /** Ends the server. Idempotent. */
  async close(): Promise<void> {
    await this.#server?.close();
  }
}

function idsOf({ sources, sinks }: ConnectorConfig): MetricIds {
  return {
    sources: sources.map(({ id }) => id),
    shipped: sinks.flatMap((sink) => sink.sources.map((source) => ({ sink: sink.id, source }))),
  };
}
