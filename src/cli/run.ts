import { runForever, runOnce } from '../connector/run.ts';
import { openConfig, withConnector, withLock } from '../connector/session.ts';
import { ExitCode } from '../runtime/errors.ts';
import { startHealthServer } from '../server/health.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { planSpans, withProgress } from './work-progress.ts';

/** Options of `run`. */
export interface RunOptions extends CommonOptions {
  readonly once?: boolean;
  readonly reconcile?: boolean;
}

/** `run`: polls on schedule until stopped; with `--once`, catches up and exits. */
export async function execute(options: RunOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  return withLock(config, machine, (store) =>
    withConnector(config, machine, store, async (connector) => {
      if (options.once) {
        return withProgress(host, machine.clock, 'run --once', planSpans(connector), (onProven) =>
          runOnce(connector, { reconcile: options.reconcile ?? false, onProven }, host.stopping),
        ).catch((error: unknown) => {
          if (host.stopping.aborted) return ExitCode.drainTimeout;
          throw error;
        });
      }
      const server = await startHealthServer(config.server, connector, host.stopping);
      try {
        machine.log.info({ sources: config.sources.length, sinks: config.sinks.length }, 'running');
        await runForever(connector, host.stopping);
        machine.log.info({}, 'stopped');
        return ExitCode.done;
      } finally {
        await server.close();
      }
    }),
  );
}
