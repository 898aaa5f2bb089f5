import type { ConnectorConfig } from '../config/types.ts';
import type { Machine } from '../connector/machine.ts';
import type { Connector } from '../connector/open.ts';
import { runForever, runOnce } from '../connector/run.ts';
import { openConfig, withConnector, withLock } from '../connector/session.ts';
import { ExitCode } from '../runtime/errors.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { StatusServer } from '../server/server.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { VERSION } from './version.ts';
import { planSpans, withProgress } from './work-progress.ts';

/** Options of `run`. */
export interface RunOptions extends CommonOptions {
  readonly once?: boolean;
  readonly reconcile?: boolean;
}

/** `run`: polls on schedule until stopped; with `--once`, catches up and exits. */
export async function execute(options: RunOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  return options.once ? runToEnd(config, machine, options.reconcile ?? false) : runServed(config, machine);
}

function runToEnd(config: ConnectorConfig, machine: Machine, reconcile: boolean): Promise<number> {
  const { host, clock } = machine;
  return withLock(config, machine, (store) =>
    withConnector(config, machine, store, (connector) =>
      withProgress(host, clock, 'run --once', planSpans(connector), (onProven) =>
        runOnce(connector, { reconcile, onProven }, host.stopping),
      ).catch((error: unknown) => {
        if (host.stopping.aborted) return ExitCode.drainTimeout;
        throw error;
      }),
    ),
  );
}

async function runServed(config: ConnectorConfig, machine: Machine): Promise<number> {
  const { log, host } = machine;
  const served = await prepareServer(config);
  const counting = served === undefined ? machine : { ...machine, metrics: served.metrics };
  return withLock(config, counting, (store) =>
    withConnector(config, counting, store, async (connector) => {
      const server = await served?.start(connector);
      try {
        log.info({ sources: config.sources.length, sinks: config.sinks.length }, 'running');
        await runForever(connector, host.stopping);
        log.info({}, 'stopped');
        return ExitCode.done;
      } finally {
        await server?.close();
      }
    }),
  );
}

/** The server's code and metrics; undefined, and not loaded, when it is off. */
async function prepareServer(
  config: ConnectorConfig,
): Promise<{ metrics: Metrics; start: (connector: Connector) => Promise<StatusServer> } | undefined> {
  if (config.server === false) return undefined;
  const { createMetrics, serveStatus } = await import('../server/start.ts');
  const metrics = createMetrics(config);
  return { metrics, start: (connector) => serveStatus(connector, metrics, VERSION) };
}
