import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import { runJob, type SpanOptions, spanText } from './job-command.ts';

/** Options of `replay`. */
export interface ReplayOptions extends SpanOptions {
  readonly sink: string;
  readonly deadLetters?: boolean;
}

/** `replay`: sends entries to a sink again, by event time, or what it had refused. */
export async function execute(options: ReplayOptions, host: Host): Promise<number> {
  const { sink, deadLetters = false } = options;
  const { results, drained, span } = await runJob(
    options,
    host,
    'replay',
    (each) => ({ kind: 'replay', span: each, sink, deadLetters }),
    (source, config) => {
      const found = config.sinks.find(({ id }) => id === sink);
      if (found !== undefined) return found.sources.includes(source.id);
      throw new ConnectorError(
        `--sink ${sink}: the config has no such sink, only ${config.sinks.map(({ id }) => id).join(', ')}`,
        { code: 'cli.sink', exitCode: ExitCode.config },
      );
    },
  );
  for (const { source, result } of results) {
    const what = deadLetters ? 'dead letters' : spanText(span);
    const refused = result.refused > 0 ? `, ${result.refused} refused: see status` : '';
    await host.writeOut(`${source}: ${what}: ${result.sent} records sent to ${sink} again${refused}\n`);
  }
  return drained ? ExitCode.done : ExitCode.drainTimeout;
}
