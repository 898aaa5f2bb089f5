import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';

/** The `Date` header has whole seconds, and an answer takes a while: less than this is no skew. */
const TOLERANCE_MS = 5_000;

/** Beyond this an operator is told. */
const ALARM_MS = 30_000;

/** The alarm is repeated after this at the earliest. */
const ALARM_EVERY_MS = 3_600_000;

/**
 * Holds the local clock against the `Date` of answers. A local clock that runs ahead would read what is not settled
 * yet: then the server's time counts.
 */
export class ServerClock {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #sourceId: string;
  #skewMs = 0;
  #alarmedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Log, metrics: Metrics, sourceId: string) {
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
    this.#sourceId = sourceId;
  }

  /** The earlier of the local and the server's wall clock, milliseconds. */
  nowMs(): number {
    return this.#clock.nowMs() + (this.#skewMs < -TOLERANCE_MS ? this.#skewMs : 0);
  }

  /** Takes note of an answer's `Date`. */
  observe(serverMs: number | undefined): void {
    if (serverMs === undefined) return;
    this.#skewMs = serverMs - this.#clock.nowMs();
    this.#metrics.gauge('clarifai_siem_clock_skew_seconds', this.#skewMs / 1000, { source: this.#sourceId });
    const now = this.#clock.monotonicMs();
    if (Math.abs(this.#skewMs) <= ALARM_MS || now - this.#alarmedMs < ALARM_EVERY_MS) return;
    this.#alarmedMs = now;
    this.#log.warn(
      { skewSeconds: Math.round(this.#skewMs / 1000) },
      "this machine's clock and Clarifai's differ: check time synchronisation",
    );
  }
}
