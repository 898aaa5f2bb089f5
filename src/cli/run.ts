import type { ConnectorConfig } from '../config/types.ts';
import type { Machine } from '../connector/machine.ts';
import { runOnce } from '../connector/run.ts';
import { openConfig, withConnector, withLock } from '../connector/session.ts';
import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { serve } from './serve.ts';

import { planSpans, withProgress } from './work-progress.ts';

/** Options of `run`. */
export interface RunOptions extends CommonOptions {
  readonly once?: boolean;
  readonly reconcile?: boolean;
}

/** `run`: polls on schedule until stopped; with `--once`, catches up and exits. */
export async function execute(options: RunOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  return options.once
    ? runToEnd(config, machine, options.reconcile ?? false)
    : serve(options.config, config, machine);
}

function runToEnd(config: ConnectorConfig, machine: Machine, reconcile: boolean): Promise<number> {
  const { host, clock } = machine;
  return withLock(config, machine, (store) =>
    withConnector(config, machine, store, host.stopping, (connector) =>
      withProgress(host, clock, 'run --once', planSpans(connector), (onProven) =>
        runOnce(connector, { reconcile, onProven }, host.stopping),
      ).catch((error: unknown) => {
        if (host.stopping.aborted) return ExitCode.drainTimeout;
        throw error;
      }),
    ),
  );
}
