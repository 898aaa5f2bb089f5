import type { OnProven, WorkReport } from '../collector/collector.ts';
import type { Span } from '../event/span.ts';
import { intersectSpans } from '../event/span-set.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { ReplayReport } from '../shipper/replay.ts';
import type { OpenSource } from './open.ts';

/** Work that a command asks for: done by itself, or by the process that holds the store. */
export type Job =
  | { readonly kind: 'backfill'; readonly span: Span }
  | { readonly kind: 'reconcile'; readonly span: Span }
  | { readonly kind: 'replay'; readonly span: Span; readonly sink: string; readonly deadLetters: boolean };

/** What came of it. */
export type JobResult = Pick<WorkReport, 'read' | 'added' | 'late' | 'undated'> & {
  /** Spans that could not be read. */
  readonly holes: number;
  /** Records sent again; for `replay`. */
  readonly sent: number;
  /** Records refused; for `replay`. */
  readonly refused: number;
};

const NOTHING: JobResult = { read: 0, added: 0, late: 0, undated: 0, holes: 0, sent: 0, refused: 0 };

/**
 * Does a job on an open source. For `replay` its shipper must run. Throws what reading throws, `journal.trimmed` for
 * spans that retention removed, and `job.sink` (exit 2) for a sink that does not take the source.
 */
export async function doJob(
  job: Job,
  source: OpenSource,
  signal: AbortSignal,
  onProven?: OnProven,
): Promise<JobResult> {
  switch (job.kind) {
    case 'backfill':
      refuseTrimmed(job.span, source);
      return fromWork(await source.collector.backfill(signal, onProven, [job.span]));
    case 'reconcile':
      refuseTrimmed(job.span, source);
      return fromWork(await reconcile(job.span, source, signal, onProven));
    case 'replay':
      return fromReplay(await replayOn(job, source));
  }
}

async function reconcile(
  span: Span,
  { collector, activity }: OpenSource,
  signal: AbortSignal,
  onProven: OnProven | undefined,
): Promise<WorkReport> {
  const report = await collector.reconcile([span], signal, onProven);
  activity.reconciled(
    [span],
    report.holes.map((hole) => hole.span),
  );
  return report;
}

async function replayOn(job: Job & { kind: 'replay' }, source: OpenSource): Promise<ReplayReport> {
  const shipper = source.shippers.get(job.sink);
  if (shipper === undefined) {
    throw new ConnectorError(
      `sink ${job.sink} does not take source ${source.config.id}: see "sinks" in the config`,
      {
        code: 'job.sink',
        exitCode: ExitCode.config,
      },
    );
  }
  return shipper.replay(job.deadLetters ? { kind: 'dead_letters' } : { kind: 'span', span: job.span });
}

function refuseTrimmed(span: Span, { journal, config }: OpenSource): void {
  const gone = intersectSpans(span, journal.trimmed?.spans ?? [])[0];
  if (gone === undefined) return;
  throw new ConnectorError(
    `${formatTimestamp(gone.from)} to ${formatTimestamp(gone.to)} of source ${config.id} was removed by retention: ` +
      'reading it again would store its entries twice. Ask for a span without it.',
    { code: 'journal.trimmed', exitCode: ExitCode.config },
  );
}

function fromWork({ read, added, late, undated, holes }: WorkReport): JobResult {
  return { ...NOTHING, read, added, late, undated, holes: holes.length };
}

function fromReplay({ sent, refused }: ReplayReport): JobResult {
  return { ...NOTHING, sent, refused };
}
