import { askProcess } from '../connector/ask-process.ts';
import { openConfig, readStore } from '../connector/session.ts';
import { readStatus } from '../connector/status.ts';
import { storedStatusJson } from '../connector/status-json.ts';
import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { statusText } from './status-text.ts';

/** Options of `status`. */
export interface StatusOptions extends CommonOptions {
  readonly json?: boolean;
}

/**
 * `status`: coverage, lag, cursors, dead letters. Told by the running process where its server answers, which knows
 * more; else read from the store. Takes no lock.
 */
export async function execute(options: StatusOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  const store = readStore(config);
  const status =
    (await askProcess(config, store, host.stopping)) ??
    storedStatusJson(await readStatus(config, store, machine.clock, machine.random));
  await host.writeOut(options.json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  return ExitCode.done;
}
