import type { SinkConfig } from '../config/types.ts';
import { type Machine, sinkDepsOf } from '../connector/machine.ts';
import { openConfig } from '../connector/session.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { createSink } from '../sink/registry.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';

interface SetupOptions extends CommonOptions {
  /** Only this sink. */
  readonly sink?: string;
}

/** How long one sink may take, milliseconds. */
const SET_UP_WITHIN_MS = 60_000;

/**
 * `setup`: makes what sinks need before the first record (templates, a data stream), and prints what it did. To be run
 * as often as one likes. Throws what the first sink throws that could not be set up, after the others were.
 */
export async function execute(options: SetupOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  const sinks = config.sinks.filter(({ id }) => options.sink === undefined || id === options.sink);
  if (sinks.length === 0 && options.sink !== undefined) {
    throw new ConnectorError(
      `There is no sink ${options.sink} in ${options.config}: it has ${config.sinks.map(({ id }) => id).join(', ')}.`,
      { code: 'config.unknown_sink', exitCode: ExitCode.config },
    );
  }
  let fault: unknown;
  for (const sink of sinks) {
    try {
      for (const line of await setUp(sink, machine, host)) await host.writeOut(`${sink.id}: ${line}\n`);
    } catch (error) {
      fault ??= error;
      await host.writeOut(`${sink.id}: FAILED, see below\n`);
    }
  }
  if (fault !== undefined) throw fault;
  return ExitCode.done;
}

async function setUp(config: SinkConfig, machine: Machine, host: Host): Promise<readonly string[]> {
  const sink = await createSink(config, sinkDepsOf(machine));
  const { signal, done } = machine.clock.deadline(SET_UP_WITHIN_MS, host.stopping);
  try {
    return (await sink.setUp?.(signal)) ?? ['nothing to set up'];
  } finally {
    done();
    await sink.close();
  }
}
