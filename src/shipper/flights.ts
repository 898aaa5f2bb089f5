/** No further batch begins while those under way hold this much, bytes. */
const MAX_BYTES = 6 * 1024 * 1024;

/**
 * Deliveries under way, in the order they began. A delivery that ends before an older one still takes room: how far
 * the sink is ahead of the cursor stays bounded, and so does what a sink that is down keeps in memory.
 */
export class Flights {
  readonly #most: number;
  readonly #flights: { readonly delivery: Promise<void>; readonly bytes: number }[] = [];

  /** @param most how many may be under way */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many are under way, or wait for an older one. */
  get count(): number {
    return this.#flights.length;
  }

  /** Adds a delivery of `bytes`. Its failure is thrown by {@link room} or {@link landed}. */
  add(delivery: Promise<void>, bytes: number): void {
    // Awaited later: until then a failure must not count as unhandled.
    delivery.catch(() => {});
    this.#flights.push({ delivery, bytes });
  }

  /** Resolves when one more may begin. Throws what the oldest delivery threw. */
  async room(): Promise<void> {
    while (this.#flights.length >= this.#most || this.#bytes >= MAX_BYTES) await this.#oldest();
  }

  get #bytes(): number {
    return this.#flights.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Resolves when all have ended. Throws what the first that failed threw, after all have ended. */
  async landed(): Promise<void> {
    const [failed] = (
      await Promise.allSettled(this.#flights.splice(0).map(({ delivery }) => delivery))
    ).filter(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #oldest(): Promise<void> {
    try {
      await this.#flights[0]?.delivery;
    } finally {
      this.#flights.shift();
    }
  }
}
