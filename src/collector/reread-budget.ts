/** The part of the request budget that reading covered spans again may cost. */
const SHARE = 0.25;

/**
 * Keeps re-reading within a quarter of the request budget: a dense overlap is then read less often, and reaches
 * back further when its turn comes.
 */
export class RereadBudget {
  readonly #requestsPerMs: number;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(requestsPerSecond: number) {
    this.#requestsPerMs = requestsPerSecond / 1000;
  }

  /** Whether the overlap may be read at `monotonicMs`. */
  allows(monotonicMs: number): boolean {
    return monotonicMs >= this.#nextMs;
  }

  /** Takes note that an overlap cost `requests` beyond the one that a poll needs anyway. */
  spent(requests: number, monotonicMs: number): void {
    this.#nextMs = monotonicMs + Math.max(0, requests) / (this.#requestsPerMs * SHARE);
  }
}
