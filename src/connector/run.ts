import type { OnProven } from '../collector/collector.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { keepSmall } from './keep-small.ts';
import type { Connector, OpenSource } from './open.ts';
import { spansDue } from './reconcile-due.ts';
import { executeRequests } from './requests.ts';
import { SourceRunner } from './source-runner.ts';
import { Stall } from './stall.ts';

/** How often retention is applied, milliseconds. */
const RETENTION_EVERY_MS = 3_600_000;
/** How soon it is looked at again while no answer has told the time, milliseconds. */
const RETENTION_AGAIN_MS = 60_000;

/** Starts all shippers. `stop` ends them after the write in hand; it resolves when they have ended. */
export function startShippers(connector: Connector): { stop: () => Promise<void> } {
  const stopping = new AbortController();
  const running = connector.sources.flatMap(({ shippers }) =>
    [...shippers.values()].map((shipper) => shipper.run(stopping.signal)),
  );
  return {
    stop: async () => {
      stopping.abort(new Error('the connector stops'));
      await Promise.all(running);
      await Promise.all(connector.sinks.map((sink) => sink.close()));
    },
  };
}

/** Makes the runner of a source. */
export function createRunner(connector: Connector, source: OpenSource, onProven?: OnProven): SourceRunner {
  const { clock, metrics, scheduler } = connector.machine;
  const log = connector.machine.log.child({ source: source.config.id });
  return new SourceRunner({
    source: source.config,
    collector: source.collector,
    scheduler,
    clock,
    log,
    metrics,
    health: source.health,
    executeRequests: (signal) => executeRequests(connector, source, signal),
    scheduledReconcile: async (signal) => {
      await reconcileDue(connector, source, signal);
    },
    ...(onProven === undefined ? {} : { onProven }),
  });
}

/**
 * Reads again what is due by `reconcile.days_back`, and what the API shows above the time read so far. Returns the
 * number of entries that were missing.
 */
export async function reconcileDue(
  connector: Connector,
  source: OpenSource,
  signal: AbortSignal,
): Promise<number> {
  const { reconcile } = source.config;
  if (reconcile === false) return 0;
  const { clock } = connector.machine;
  const log = connector.machine.log.child({ source: source.config.id });
  const spans = await spansDue(source.journal, reconcile.daysBack, clock.nowMs());
  const report = await source.collector.reconcile(spans, signal);
  source.activity.reconciled(
    spans,
    report.holes.map(({ span }) => span),
  );
  log.info(
    { spans: spans.length, read: report.read, late: report.late, requests: report.requests },
    'reconcile',
  );
  if (report.late > 0)
    log.warn({ late: report.late }, 'reconcile found entries that were missing: they were added');
  const future = await source.collector.futureEntries(signal);
  if (future > 0)
    log.warn({ future }, 'the API shows entries with a time in the future: read when they are due');
  return report.late;
}

/**
 * Polls all sources until `signal` aborts. Throws what ends the process.
 *
 * @param patient whether a source that Clarifai refuses at once is tried again, as it is later
 */
export async function runForever(connector: Connector, signal: AbortSignal, patient = false): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const shipping = startShippers(connector);
  try {
    const runners = connector.sources.map((source) => createRunner(connector, source));
    const { clock, host } = connector.machine;
    const shrink = () => {
      for (const { journal } of connector.sources) journal.shrink();
    };
    const work = [
      ...runners.map((runner) => runner.run(stop, patient)),
      keepRoom(connector, stop),
      keepSmall({ clock, host, shrink }, stop),
    ];
    await Promise.all(
      work.map((each) =>
        each.catch((error: unknown) => {
          failed.abort(error);
          throw error;
        }),
      ),
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await shipping.stop();
  }
}

async function keepRoom(connector: Connector, signal: AbortSignal): Promise<void> {
  const { clock, log } = connector.machine;
  while (!signal.aborted) {
    let heard = true;
    for (const { room, config, collector } of connector.sources) {
      const nowMs = collector.trustedNowMs;
      heard &&= nowMs !== undefined;
      if (nowMs === undefined) continue;
      await room.applyRetention(nowMs).catch((error: unknown) => {
        log.error({ err: error, source: config.id }, 'retention failed: it is tried again in an hour');
      });
    }
    await clock.sleep(heard ? RETENTION_EVERY_MS : RETENTION_AGAIN_MS, signal).catch(() => {});
  }
}

/** What `run --once` is asked to do. */
export interface OnceOptions {
  /** Also read again what is due. */
  readonly reconcile: boolean;
  readonly onProven?: OnProven;
}

/**
 * Catches up, drains the sinks and returns the exit code. Sources and sinks do not wait for each other; each may
 * stand still for `drain_timeout`.
 */
export async function runOnce(
  connector: Connector,
  options: OnceOptions,
  signal: AbortSignal,
): Promise<number> {
  const { clock } = connector.machine;
  const shipping = startShippers(connector);
  const outcomes: Outcome[] = [];
  try {
    await Promise.all(
      connector.sources.map(async (source) => {
        const stall = new Stall(clock, connector.config.drainTimeoutMs, signal);
        try {
          outcomes.push(await catchUp(connector, source, options, stall));
        } finally {
          stall.end();
        }
      }),
    );
    for (const { room, collector } of connector.sources) {
      const nowMs = collector.trustedNowMs;
      if (nowMs !== undefined) await room.applyRetention(nowMs);
    }
    const drained = await drain(connector, signal);
    if (outcomes.some(({ finished }) => !finished) || !drained) return ExitCode.drainTimeout;
    return outcomes.some(({ late }) => late > 0) ? ExitCode.entriesWereMissing : ExitCode.done;
  } finally {
    await shipping.stop();
  }
}

interface Outcome {
  readonly finished: boolean;
  /** Entries that reconcile found missing. */
  readonly late: number;
}

async function catchUp(
  connector: Connector,
  source: OpenSource,
  options: OnceOptions,
  stall: Stall,
): Promise<Outcome> {
  const log = connector.machine.log.child({ source: source.config.id });
  const runner = createRunner(connector, source, (span, entries) => {
    stall.progress();
    options.onProven?.(span, entries);
  });
  try {
    await executeRequests(connector, source, stall.signal);
    await runner.catchUp(stall.signal);
    const late = options.reconcile ? await reconcileDue(connector, source, stall.signal) : 0;
    return { finished: true, late };
  } catch (error) {
    if (!stall.stalled) throw error;
    log.error({}, 'the source did not answer within drain_timeout: the next run goes on from here');
    return { finished: false, late: 0 };
  }
}

/** Waits until every sink has everything, each as long as it gets on. False when one did not get on. */
export async function drain(connector: Connector, signal: AbortSignal): Promise<boolean> {
  const { machine, config } = connector;
  const results = connector.sources.flatMap((source) =>
    [...source.shippers.entries()].map(async ([sink, shipper]) => {
      const stall = new Stall(machine.clock, config.drainTimeoutMs, signal, () => {
        const { position } = shipper.status();
        return position === undefined ? '' : `${position.segment}:${position.line}`;
      });
      const aborted = new Promise<'stalled'>((resolve) => {
        stall.signal.addEventListener('abort', () => resolve('stalled'), { once: true });
      });
      const outcome = await Promise.race([shipper.drained().then(() => 'drained' as const), aborted]);
      stall.end();
      if (outcome === 'stalled') {
        const { lastError } = shipper.status();
        machine.log.error(
          { source: source.config.id, sink, last_error: lastError?.message },
          'the sink did not take everything within drain_timeout: the next run goes on from its cursor',
        );
      }
      return outcome === 'drained';
    }),
  );
  return (await Promise.all(results)).every(Boolean);
}

/** Thrown where a command was stopped before its work was done. */
export function stoppedError(): ConnectorError {
  return new ConnectorError('stopped before the work was done: run it again to go on', {
    code: 'run.stopped',
  });
}
