import type { Clock } from '../runtime/clock.ts';
import { ConnectorError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';

/**
 * `starting`: not open yet. `running`: no trouble. `retrying`: waits before it tries again. `stopped`: an operator
 * is needed, tried again every minute. `fenced`: another process ships, ended. `closed`: told to stop, ended.
 */
export type ShipperState = 'starting' | 'running' | 'retrying' | 'stopped' | 'fenced' | 'closed';

/** What went wrong last. */
export interface LastError {
  /** Wall clock, RFC 3339. */
  readonly at: string;
  /** Code of the {@link ConnectorError}, or `unexpected`. */
  readonly code: string;
  /** Its message; without secrets, as every error message. */
  readonly message: string;
}

/** Parts that can be in trouble independently of each other; `shipper`: a defect of this program. */
export type Part = 'sink' | 'cursor' | 'journal' | 'dead_letters' | 'shipper';

/** Trouble that lasts longer than this is an operator's business even when it may end by itself, milliseconds. */
const ALARM_AFTER_MS = 300_000;

interface Trouble {
  readonly sinceMs: number;
  readonly stopped: boolean;
  readonly alarmed: boolean;
}

/** What a health reports to. */
export interface HealthDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly labels: Readonly<Record<string, string>>;
}

/** How a shipper is doing: what its log, metrics and status say of trouble. */
export class Health {
  readonly #deps: HealthDeps;
  readonly #troubles = new Map<Part, Trouble>();
  #phase: 'starting' | 'open' | 'fenced' | 'closed' = 'starting';
  #lastError: LastError | undefined;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
  }

  /** The state as of now. */
  get state(): ShipperState {
    if (this.#phase === 'fenced' || this.#phase === 'closed') return this.#phase;
    const troubles = [...this.#troubles.values()];
    if (troubles.some((trouble) => trouble.stopped)) return 'stopped';
    if (troubles.length > 0) return 'retrying';
    return this.#phase === 'open' ? 'running' : 'starting';
  }

  /** The last thing that went wrong; kept after recovery. */
  get lastError(): LastError | undefined {
    return this.#lastError;
  }

  /** Enters a phase of its life. */
  enter(phase: 'open' | 'closed'): void {
    this.#phase = phase;
  }

  /** `part` failed and is tried again after `waitMs`. */
  retrying(part: Part, error: unknown, waitMs: number): void {
    const { clock, log, metrics, labels } = this.#deps;
    this.#note(error);
    metrics.count('clarifai_siem_sink_retries_total', labels);
    const nowMs = clock.monotonicMs();
    const { sinceMs, alarmed } = this.#troubles.get(part) ?? { sinceMs: nowMs, alarmed: false };
    const alarm = nowMs - sinceMs >= ALARM_AFTER_MS;
    const fields = { part, err: error, wait_ms: Math.round(waitMs) };
    if (alarm && !alarmed) {
      log.error(
        fields,
        'failing for more than five minutes; nothing is lost, it is tried again until it works',
      );
    } else {
      log.warn(fields, 'failed, trying again');
    }
    this.#set(part, { sinceMs, stopped: false, alarmed: alarm });
  }

  /** `part` failed in a way that trying again does not mend; an operator is needed. */
  stopped(part: Part, error: unknown): void {
    const { clock, log } = this.#deps;
    this.#note(error);
    log.error({ part, err: error }, 'this sink has stopped; nothing is lost, it is tried again every minute');
    this.#set(part, { sinceMs: clock.monotonicMs(), stopped: true, alarmed: true });
  }

  /** `part` works. */
  fine(part: Part): void {
    if (!this.#troubles.has(part)) return;
    this.#deps.log.info({ part }, 'works again');
    this.#set(part, undefined);
  }

  /** The shipper ended for `error`, for good. */
  fenced(error: unknown): void {
    this.#note(error);
    this.#deps.log.error({ err: error }, 'this sink has ended: another process ships');
    this.#phase = 'fenced';
  }

  #set(part: Part, trouble: Trouble | undefined): void {
    if (trouble === undefined) this.#troubles.delete(part);
    else this.#troubles.set(part, trouble);
  }

  #note(error: unknown): void {
    this.#lastError = {
      at: new Date(this.#deps.clock.nowMs()).toISOString(),
      code: error instanceof ConnectorError ? error.code : 'unexpected',
      message: error instanceof Error ? error.message : String(error),
    };
  }
}
