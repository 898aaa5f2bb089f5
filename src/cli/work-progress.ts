import type { OnProven } from '../collector/collector.ts';
import { settledEnd } from '../collector/plan.ts';
import type { Connector } from '../connector/open.ts';
import type { Span } from '../event/span.ts';
import { subtractSpans } from '../event/span-set.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Host } from './host.ts';
import { Progress } from './progress.ts';

/** What a connector has to read to be up to date, for the share that is done. */
export function planSpans(connector: Connector): Span[] {
  const nowMs = connector.machine.clock.nowMs();
  return connector.sources.flatMap(({ config, collector, journal }) => {
    const to = settledEnd(nowMs, config.settleMs);
    const from = journal.genesis.start;
    return from < to ? subtractSpans({ from, to }, collector.coverage) : [];
  });
}

/** Runs work with a progress line. */
export async function withProgress<T>(
  host: Host,
  clock: Clock,
  label: string,
  spans: readonly Span[],
  work: (onProven: OnProven) => Promise<T>,
): Promise<T> {
  const progress = new Progress(host, clock, label, spans);
  try {
    return await work(progress.onProven);
  } finally {
    progress.end();
  }
}
