import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';

/** Skew beyond this is an alarm, milliseconds. */
const ALARM_MS = 30_000;

/** Watches how far the API's clock is from ours, by the `Date` header fields of its answers. */
export class ClockSkew {
  readonly #source: string;
  readonly #log: Log;
  readonly #metrics: Metrics;
  #alarmed = false;

  constructor(source: string, log: Log, metrics: Metrics) {
    this.#source = source;
    this.#log = log;
    this.#metrics = metrics;
  }

  /**
   * Takes note of one answer. All in milliseconds of wall clocks.
   *
   * @param serverMs the `Date` header field, a whole second
   * @param sentMs when the request left, by our clock
   * @param receivedMs when the answer was there, by our clock
   */
  observe(serverMs: number, sentMs: number, receivedMs: number): void {
    const skewMs = leastSkewMs(serverMs, sentMs, receivedMs);
    this.#metrics.gauge('clarifai_siem_source_clock_skew_seconds', skewMs / 1000, { source: this.#source });
    const alarming = Math.abs(skewMs) > ALARM_MS;
    if (alarming === this.#alarmed) return;
    this.#alarmed = alarming;
    const fields = { skew_seconds: Math.round(skewMs / 1000) };
    if (alarming)
      this.#log.error(
        fields,
        'the clocks of this machine and of Clarifai differ: check the time service (NTP) of this machine',
      );
    else this.#log.info(fields, 'the clocks of this machine and of Clarifai agree again');
  }
}

/**
 * The smallest difference that explains an answer, milliseconds: it was made while we waited, in the second that `Date`
 * names. See {@link ClockSkew.observe}.
 */
export function leastSkewMs(serverMs: number, sentMs: number, receivedMs: number): number {
  if (serverMs > receivedMs) return serverMs - receivedMs;
  const latestMs = serverMs + 1_000;
  return latestMs < sentMs ? latestMs - sentMs : 0;
}
