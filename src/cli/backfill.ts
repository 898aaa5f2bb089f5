import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import { runJob, type SpanOptions, spanText } from './job-command.ts';

/** `backfill`: adds a span of history. */
export async function execute(options: SpanOptions, host: Host): Promise<number> {
  const { results, drained, span } = await runJob(options, host, 'backfill', (each) => ({
    kind: 'backfill',
    span: each,
  }));
  let holes = 0;
  for (const { source, result } of results) {
    holes += result.holes;
    const hole = result.holes > 0 ? `; ${result.holes} span(s) could not be read, see the log` : '';
    await host.writeOut(
      `${source}: ${spanText(span)}: ${result.read} entries read, ${result.added} added${hole}\n`,
    );
  }
  return drained && holes === 0 ? ExitCode.done : ExitCode.drainTimeout;
}
