/** Who waits for the journal to grow up to a segment. */
export class HeadWaiters {
  readonly #waiting = new Set<{ readonly n: number; readonly resolve: () => void }>();

  /** Resolves when {@link reached} is told of `n` or a higher number. Rejects with `signal.reason` on abort. */
  wait(n: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const done = () => {
        signal.removeEventListener('abort', aborted);
        this.#waiting.delete(waiter);
      };
      const aborted = () => {
        done();
        reject(signal.reason);
      };
      const waiter = {
        n,
        resolve: () => {
          done();
          resolve();
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  /** The head is at segment `n`. */
  reached(n: number): void {
    for (const waiter of this.#waiting) if (waiter.n <= n) waiter.resolve();
  }
}
