/** Length of the window that the API's limit speaks of, milliseconds. */
const WINDOW_MS = 1_000;

/** Limits and counts requests in a sliding window of 1,000 ms. */
export class RateWindow {
  /** Times of all requests of the last window, and of those that were let in. */
  readonly #seen: number[] = [];
  readonly #admitted: number[] = [];
  /** The most requests that came within any 1,000 ms, refused ones included. */
  mostSeen = 0;

  /**
   * Counts a request that came at `nowMs`; false when more than `limit` were let in within 1,000 ms.
   * A refused request does not use up the limit. `limit` undefined: any.
   */
  admit(nowMs: number, limit: number | undefined): boolean {
    expire(this.#seen, nowMs);
    this.#seen.push(nowMs);
    if (this.#seen.length > this.mostSeen) this.mostSeen = this.#seen.length;
    expire(this.#admitted, nowMs);
    if (limit !== undefined && this.#admitted.length >= limit) return false;
    this.#admitted.push(nowMs);
    return true;
  }
}

/** Drops the times that left the window; also those in the future, after the clock was set back. */
function expire(times: number[], nowMs: number): void {
  let gone = 0;
  while (gone < times.length && (times[gone]! <= nowMs - WINDOW_MS || times[gone]! > nowMs)) gone++;
  if (gone > 0) times.splice(0, gone);
}
