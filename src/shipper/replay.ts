import { Health } from './health.ts';
import { type ReplayReport, type ReplayRequest, resend } from './resend.ts';
import type { ShipperOptions } from './shipper.ts';
import { stopSignals } from './stop-signals.ts';
import { Stream, shipperLabels } from './stream.ts';

export type { ReplayReport, ReplayRequest } from './resend.ts';

/** How long the write in hand may take after an abort, milliseconds. */
const GRACE_MS = 5_000;

/**
 * Replays without a running shipper: for a command that holds the store by itself. Where a shipper runs, use its
 * `replay`. The cursor's position stays where it is; its state follows what the sink wrote. See {@link resend}.
 *
 * Throws what {@link resend} throws, `shipper.fenced`, and the reason of an abort.
 */
export async function replay(
  request: ReplayRequest,
  options: ShipperOptions,
  signal: AbortSignal,
): Promise<ReplayReport> {
  const { sink, source, clock, metrics } = options;
  const labels = shipperLabels(sink, source);
  const log = options.log.child(labels);
  const signals = stopSignals(signal, clock, GRACE_MS);
  const health = new Health({ clock, log, metrics, labels });
  try {
    const stream = await Stream.open({ ...options, log, health, signals });
    try {
      return await resend(request, stream, { ...options, log }, signal);
    } finally {
      await stream.close(true);
    }
  } finally {
    signals.done();
  }
}
