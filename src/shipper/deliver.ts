import { ConnectorError, hasCode } from '../runtime/errors.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { OutRecord, SegmentRange, SinkWriter, SourceRef, WriteResult } from '../sink/sink.ts';
import { keepTrying, type Persistence } from './keep-trying.ts';
import type { OpenBatch } from './open-batch.ts';
import { orAborted, type StopSignals } from './stop-signals.ts';

/** See `Sink.writeTimeoutMs`. */
export const WRITE_TIMEOUT_MS = 120_000;

/** Where a batch goes, and what becomes of refused records. */
export interface Outlet {
  readonly source: SourceRef;
  readonly writer: SinkWriter;
  /** See `Batch.range`. */
  readonly range: SegmentRange | undefined;
  /** A write that takes longer is given up and tried again, milliseconds. */
  readonly writeTimeoutMs: number;
  /** Makes a refused record safe. Durable when it resolves; tried again when it throws. */
  readonly refuse: (record: OutRecord, reason: string) => Promise<void>;
  readonly persistence: Persistence;
  readonly metrics: Metrics;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Sends `batch` until each of its records is stored or safe in the dead letters, whatever it takes: only what the
 * sink wants again is sent again, a batch too large is halved, one record too large is refused. On abort it throws
 * `signals.soft.reason` after the write in hand; `batch` then says how far it got.
 *
 * @param uncertain the records may have been sent before
 */
export async function deliver(
  batch: OpenBatch,
  outlet: Outlet,
  uncertain: boolean,
  signals: StopSignals,
): Promise<void> {
  let again = uncertain;
  const attempt = async () => {
    const sent = again;
    again = true;
    await sendOnce(batch, outlet, sent, signals);
  };
  while (batch.open > 0) await keepTrying('sink', attempt, outlet.persistence, signals.soft);
}

async function sendOnce(
  batch: OpenBatch,
  outlet: Outlet,
  uncertain: boolean,
  signals: StopSignals,
): Promise<void> {
  const due = batch.due();
  const records =
    due.length === batch.records.length ? batch.records : due.map((index) => batch.records[index]!);
  const result = await writeOnce(records, outlet, uncertain, signals.hard).catch((error: unknown) => {
    if (hasCode(error, 'sink.busy')) batch.halve(due.length);
    throw error;
  });
  if (result === 'too large') {
    batch.halve(due.length);
    return;
  }
  const refusals = batch.settle(due, result);
  countOutcomes(
    outlet,
    due.length - refusals.length - result.retry.length,
    refusals.length,
    result.retry.length,
  );
  for (const { index, reason } of refusals) {
    const refuse = () => outlet.refuse(batch.records[index]!, reason);
    // It belongs to the write in hand: a stop waits for it.
    await keepTrying('dead_letters', refuse, outlet.persistence, signals.hard);
    batch.close(index);
  }
  if (result.retry.length === 0) return;
  throw new ConnectorError(
    `The sink wants ${result.retry.length} of ${due.length} records again: ${result.retryReason ?? 'no reason given'}.`,
    { code: 'sink.records_again', retryable: true },
  );
}

async function writeOnce(
  records: readonly OutRecord[],
  { source, writer, range, writeTimeoutMs, persistence, metrics, labels }: Outlet,
  uncertain: boolean,
  hard: AbortSignal,
): Promise<WriteResult | 'too large'> {
  const { clock } = persistence;
  const { signal, done } = clock.deadline(writeTimeoutMs, hard);
  const startedMs = clock.monotonicMs();
  try {
    return await orAborted(
      writer.write({ source, records, uncertain, ...(range && { range }) }, signal),
      hard,
    );
  } catch (error) {
    if (hasCode(error, 'sink.too_large')) {
      return records.length > 1 ? 'too large' : { retry: [], refused: [{ index: 0, reason: error.message }] };
    }
    if (signal.aborted && !hard.aborted && !(error instanceof ConnectorError)) {
      throw new ConnectorError(
        `The sink did not take ${records.length} records in ${writeTimeoutMs / 1000} s.`,
        {
          code: 'sink.timeout',
          retryable: true,
          cause: error,
        },
      );
    }
    throw error;
  } finally {
    done();
    const tookMs = clock.monotonicMs() - startedMs;
    metrics.observe('clarifai_siem_sink_batch_duration_seconds', tookMs / 1000, labels);
  }
}

function countOutcomes({ metrics, labels }: Outlet, stored: number, refused: number, retried: number): void {
  metrics.count('clarifai_siem_sink_batches_total', labels);
  metrics.count('clarifai_siem_sink_records_total', { ...labels, outcome: 'stored' }, stored);
  if (refused > 0)
    metrics.count('clarifai_siem_sink_records_total', { ...labels, outcome: 'refused' }, refused);
  if (retried > 0)
    metrics.count('clarifai_siem_sink_records_total', { ...labels, outcome: 'retried' }, retried);
}
