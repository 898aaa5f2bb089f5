import type { Nanos, Span } from '../event/span.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import type { Clock } from '../runtime/clock.ts';
import { formatSeconds } from '../runtime/quantity.ts';
import type { Host } from './host.ts';

/** The line is drawn at most this often, milliseconds. */
const REDRAW_MS = 200;

/** Draws one line on a terminal that says how far long work is; nothing elsewhere. */
export class Progress {
  readonly #host: Host;
  readonly #clock: Clock;
  readonly #label: string;
  readonly #totalNs: number;
  readonly #startedMs: number;
  #doneNs = 0;
  #entries = 0;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #latest: Nanos | undefined;

  /** @param spans what the work will have proven in the end */
  constructor(host: Host, clock: Clock, label: string, spans: readonly Span[]) {
    this.#host = host;
    this.#clock = clock;
    this.#label = label;
    this.#totalNs = spans.reduce((sum, { from, to }) => sum + Number(to - from), 0);
    this.#startedMs = clock.monotonicMs();
  }

  /** A span was proven. Usable as a callback. */
  readonly onProven = (span: Span, entries: number): void => {
    this.#doneNs += Number(span.to - span.from);
    this.#entries += entries;
    this.#latest = span.to;
    const now = this.#clock.monotonicMs();
    if (!this.#host.isTerminal || now - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = now;
    this.#host.writeErr(`\r\u001b[K${this.#line(now).slice(0, this.#host.columns - 1)}`);
  };

  /** Removes the line. */
  end(): void {
    if (this.#host.isTerminal && this.#drawnMs > Number.NEGATIVE_INFINITY) this.#host.writeErr('\r\u001b[K');
  }

  #line(now: number): string {
    const seconds = Math.max((now - this.#startedMs) / 1000, 0.001);
    const share = this.#totalNs === 0 ? 1 : Math.min(1, this.#doneNs / this.#totalNs);
    const left = share > 0 ? (seconds / share) * (1 - share) : Number.NaN;
    const rate = Math.round(this.#entries / seconds);
    return [
      `${this.#label} ${(share * 100).toFixed(1).padStart(5)} %`,
      `${this.#entries} entries`,
      `${rate}/s`,
      `last span to ${this.#latest === undefined ? '-' : formatTimestamp(this.#latest).slice(0, 19)}`,
      Number.isFinite(left) ? `${formatSeconds(left)} left` : '',
    ].join('  ');
  }
}
