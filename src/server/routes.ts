import type { LiveStatusReader } from '../connector/live-status.ts';
import { notReady } from '../connector/problems.ts';
import { liveStatusJson } from '../connector/status-json.ts';
import { renderPage } from './page.ts';
import type { PrometheusMetrics } from './prometheus.ts';
import { type ProcessUsage, setGauges } from './scrape.ts';
import { jsonReply, type Routes } from './server.ts';

/** What the routes tell of. */
export interface RouteDeps {
  readonly status: Pick<LiveStatusReader, 'read'>;
  readonly metrics: PrometheusMetrics;
  /** Version of this program. */
  readonly version: string;
  /** What the process takes of the machine. */
  readonly usage: (() => ProcessUsage) | undefined;
}

/**
 * What the status server serves. Of the config there is nothing in any answer but ids of sources and sinks and
 * `journal.max_bytes`; of entries only how many there are of which type and hour.
 *
 * - `/livez`: the process answers.
 * - `/readyz`: 200, or 503 with the reasons.
 * - `/metrics`: Prometheus text format.
 * - `/status.json`: what `status --json` prints.
 * - `/`: the same for people.
 */
export function createRoutes({ status, metrics, version, usage }: RouteDeps): Routes {
  let cpuSeconds = 0;
  return {
    '/': async () => renderPage(await status.read(), version),
    '/livez': () => jsonReply(200, { status: 'live' }),
    '/readyz': async () => {
      const reasons = notReady(await status.read());
      if (reasons.length === 0) return jsonReply(200, { status: 'ready' });
      return jsonReply(503, {
        status: 'not ready',
        reasons: reasons.map(({ severity, ...reason }) => reason),
      });
    },
    '/metrics': async () => {
      const now = await status.read();
      const used = usage?.();
      metrics.beginScrape();
      setGauges(metrics, now, version, used);
      if (used !== undefined) {
        metrics.count('process_cpu_seconds_total', {}, used.cpuSeconds - cpuSeconds);
        cpuSeconds = used.cpuSeconds;
      }
      return { status: 200, contentType: metrics.contentType, body: await metrics.render() };
    },
    '/status.json': async () => jsonReply(200, liveStatusJson(await status.read(), version)),
  };
}
