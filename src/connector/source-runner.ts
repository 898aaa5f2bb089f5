import type { Collector, OnProven, WorkReport } from '../collector/collector.ts';
import type { SourceConfig } from '../config/types.ts';
import type { Clock } from '../runtime/clock.ts';
import { ConnectorError, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Scheduler } from '../runtime/scheduler.ts';
import type { SourceHealth } from './source-health.ts';

/** What a runner works with. */
export interface SourceRunnerDeps {
  readonly source: SourceConfig;
  readonly collector: Collector;
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told how Clarifai answers. */
  readonly health: SourceHealth;
  /** Work of commands that was left in the store, executed between polls. */
  readonly executeRequests: (signal: AbortSignal) => Promise<void>;
  /** Re-reads what was first read some days ago. */
  readonly scheduledReconcile: (signal: AbortSignal) => Promise<void>;
  /** Told of proven spans of backfill, for progress. */
  readonly onProven?: OnProven;
}

/** How often the store is asked for work that a command has left, milliseconds. */
const REQUESTS_EVERY_MS = 2_000;

/** A catch-up that took longer than this leaves enough behind it to be worth another one, milliseconds. */
const LONG_CATCH_UP_MS = 600_000;

/** Runs one source: polls by schedule, backfill beside it, reconcile, and the work that commands leave. */
export class SourceRunner {
  readonly #deps: SourceRunnerDeps;
  #polling: Promise<void> | undefined;
  #backfill: Promise<void> | undefined;
  /** Aborts with what ends the run. */
  readonly #fatal = new AbortController();

  constructor(deps: SourceRunnerDeps) {
    this.#deps = deps;
  }

  /**
   * Runs until `signal` aborts. The first poll comes at once; when Clarifai refuses it, the error is thrown, unless
   * `patient`. A refusal later is told and tried again by schedule. Errors of journal and store end it.
   */
  async run(signal: AbortSignal, patient = false): Promise<void> {
    const { source, scheduler, clock } = this.#deps;
    await this.#poll(signal, !patient);
    const stops = [scheduler.every(source.schedule, () => this.#scheduledPoll(signal))];
    if (source.reconcile !== false) {
      stops.push(scheduler.every(source.reconcile.schedule, () => this.#reconcile(signal)));
    }
    try {
      const stop = AbortSignal.any([signal, this.#fatal.signal]);
      while (!stop.aborted) {
        await this.#requests(stop);
        await clock.sleep(REQUESTS_EVERY_MS, stop);
      }
      if (!signal.aborted) stop.throwIfAborted();
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const stop of stops) stop();
      await Promise.allSettled([this.#polling, this.#backfill]);
    }
  }

  /** Polls and backfills until everything up to now is covered, or what is left cannot be read. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const { collector, clock, source } = this.#deps;
    for (;;) {
      const startedMs = clock.monotonicMs();
      const [report] = await together(signal, [
        (stop) => this.#poll(stop, true),
        (stop) => this.#readBacklog(stop),
      ]);
      await this.#readBacklog(signal);
      const unanchored = report?.holes.some((hole) => hole.reason === 'unanchored') ?? false;
      const tookMs = clock.monotonicMs() - startedMs;
      if (!unanchored && tookMs < Math.max(LONG_CATCH_UP_MS, source.settleMs)) break;
    }
    await collector.close();
  }

  async #readBacklog(signal: AbortSignal): Promise<undefined> {
    const { collector, onProven } = this.#deps;
    if (collector.backlog.length === 0) return;
    this.#tell('backfill done', await collector.backfill(signal, onProven));
  }

  #scheduledPoll(signal: AbortSignal): Promise<void> {
    this.#polling ??= this.#poll(signal, false)
      .then(() => {})
      .finally(() => {
        this.#polling = undefined;
      });
    return this.#polling;
  }

  async #poll(signal: AbortSignal, strict: boolean): Promise<WorkReport | undefined> {
    const { collector, clock, onProven } = this.#deps;
    if (signal.aborted) return undefined;
    try {
      const report = await collector.poll(signal, onProven);
      this.#accepted();
      if (report.holes.length === 0) this.#deps.health.lastPollMs = clock.nowMs();
      this.#tell('poll', report);
      if (!strict) this.#startBackfill(signal);
      return report;
    } catch (error) {
      if (signal.aborted && !strict) return undefined;
      if (strict) throw error;
      this.#failed(error);
      return undefined;
    }
  }

  #startBackfill(signal: AbortSignal): void {
    const { collector, onProven } = this.#deps;
    if (this.#backfill !== undefined || collector.backlog.length === 0) return;
    this.#backfill = collector
      .backfill(signal, onProven)
      .then((report) => {
        this.#accepted();
        this.#tell('backfill done', report);
      })
      .catch((error: unknown) => {
        if (!signal.aborted) this.#failed(error);
      })
      .finally(() => {
        this.#backfill = undefined;
      });
  }

  async #reconcile(signal: AbortSignal): Promise<void> {
    await this.#guard(signal, () => this.#deps.scheduledReconcile(signal));
  }

  async #requests(signal: AbortSignal): Promise<void> {
    this.#startBackfill(signal);
    await this.#guard(signal, () => this.#deps.executeRequests(signal));
  }

  async #guard(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  #accepted(): void {
    const { health, log } = this.#deps;
    if (health.refused === undefined) return;
    log.info({}, 'Clarifai accepts the PAT again');
    health.refused = undefined;
  }

  #failed(error: unknown): void {
    const { log, metrics, source, health } = this.#deps;
    if (hasCode(error, 'source.refused')) {
      const reason = error.code.replace('source.refused.', '');
      metrics.count('clarifai_siem_source_refusals_total', { source: source.id, reason });
      if (health.refused !== error.code)
        log.error({ err: error }, 'refused: polling goes on trying, sinks go on draining');
      health.refused = error.code;
      return;
    }
    log.error({ err: error }, 'reading failed: it is tried again by schedule');
    const code = error instanceof ConnectorError ? error.code : '';
    if (!(error instanceof ConnectorError) || code.startsWith('journal.') || code.startsWith('store.')) {
      this.#fatal.abort(error);
    }
  }

  #tell(what: string, report: WorkReport): void {
    const { log } = this.#deps;
    const { read, added, late, undated, requests, holes } = report;
    log.info({ read, added, late, undated, requests, holes: holes.length }, what);
    if (late > 0) log.warn({ late }, 'entries became visible late: they were added');
  }
}

/** Runs work side by side. When one fails, the others are stopped and awaited, and its error is thrown. */
async function together<T>(
  signal: AbortSignal,
  work: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T[]> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const results = await Promise.allSettled(
    work.map((each) =>
      each(both).catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    ),
  );
  return results.map((result) => {
    if (result.status === 'rejected') throw both.aborted ? both.reason : result.reason;
    return result.value;
  });
}
