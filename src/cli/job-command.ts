import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import { doJob, type Job } from '../connector/jobs.ts';
import type { Connector } from '../connector/open.ts';
import { followJob, type SourceResult } from '../connector/requests.ts';
import { drain, startShippers } from '../connector/run.ts';
import { openConfig, tryWithLock, withConnector } from '../connector/session.ts';
import type { Span } from '../event/span.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { Progress } from './progress.ts';
import { selectSources } from './select-sources.ts';
import { parseSpan } from './span-option.ts';

/** Options of `backfill`, `reconcile` and `replay`. */
export interface SpanOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly source?: string;
}

/** What came of a job command. */
export interface JobOutcome {
  readonly results: readonly SourceResult[];
  /** False when a sink did not take everything within `drain_timeout`. */
  readonly drained: boolean;
  readonly span: Span;
}

/**
 * Does a job for the sources asked for: by itself when it gets the store, else through the process that holds it.
 *
 * @param forSource which sources it is for; default: those of `--source`
 */
export async function runJob(
  options: SpanOptions,
  host: Host,
  label: string,
  jobFor: (span: Span) => Job,
  forSource: (source: SourceConfig, config: ConnectorConfig) => boolean = () => true,
): Promise<JobOutcome> {
  const { config, machine } = await openConfig(options.config, host);
  const span = parseSpan(options.from, options.to, machine.clock.nowMs());
  const job = jobFor(span);
  const sources = selectSources(config, options.source).filter((source) => forSource(source, config));
  const progress = new Progress(
    host,
    machine.clock,
    label,
    sources.map(() => span),
  );
  try {
    for (;;) {
      const own = await tryWithLock(config, (store) =>
        withConnector(config, machine, store, machine.host.stopping, (connector) =>
          doByItself(connector, sources, job, progress),
        ),
      );
      if (own !== undefined) return { ...own, span };
      const results = await followJob(config, machine, sources, job, progress.onProven);
      if (results !== undefined) return { results, drained: true, span };
    }
  } finally {
    progress.end();
  }
}

async function doByItself(
  connector: Connector,
  sources: readonly SourceConfig[],
  job: Job,
  progress: Progress,
): Promise<Pick<JobOutcome, 'results' | 'drained'>> {
  const { stopping } = connector.machine.host;
  const shipping = startShippers(connector);
  try {
    const results: SourceResult[] = [];
    for (const source of connector.sources) {
      if (!sources.includes(source.config)) continue;
      const result = await doJob(job, source, stopping, progress.onProven);
      await source.collector.close();
      results.push({ source: source.config.id, result });
    }
    return { results, drained: await drain(connector, stopping) };
  } finally {
    await shipping.stop();
  }
}

/** A span for people. */
export function spanText({ from, to }: Span): string {
  return `${formatTimestamp(from)} to ${formatTimestamp(to)}`;
}
