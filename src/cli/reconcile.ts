import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import { runJob, type SpanOptions, spanText } from './job-command.ts';

/** `reconcile`: reads a span again, adds what is missing and reports it. Exit 5 when something was. */
export async function execute(options: SpanOptions, host: Host): Promise<number> {
  const { results, drained, span } = await runJob(options, host, 'reconcile', (each) => ({
    kind: 'reconcile',
    span: each,
  }));
  let late = 0;
  let holes = 0;
  for (const { source, result } of results) {
    late += result.late;
    holes += result.holes;
    const found = result.late === 0 ? 'nothing was missing' : `${result.late} were missing and are added now`;
    const hole = result.holes > 0 ? `; ${result.holes} span(s) could not be read, see the log` : '';
    await host.writeOut(`${source}: ${spanText(span)}: ${result.read} entries read again, ${found}${hole}\n`);
  }
  if (!drained || holes > 0) return ExitCode.drainTimeout;
  return late > 0 ? ExitCode.entriesWereMissing : ExitCode.done;
}
