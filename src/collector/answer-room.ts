/** What answers on their way to the committer may hold together, bytes. */
const MAX_BYTES = 9 * 1024 * 1024;

/**
 * Bounds what the answers of a source hold in memory, from the question to where they are handed on. One always has
 * room, however large.
 */
export class AnswerRoom {
  #used = 0;
  readonly #waiting = new Set<() => void>();

  /** Whether an answer of `bytes` may be asked for now. */
  has(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= MAX_BYTES;
  }

  /** Takes room for `bytes`. Call what it returns, once, when the answer is handed on or dropped. */
  take(bytes: number): () => void {
    this.#used += bytes;
    return () => {
      this.#used -= bytes;
      for (const wake of this.#waiting) wake();
    };
  }

  /** Resolves when an answer has given its room back. Rejects with `signal.reason` on abort. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(wake);
        reject(signal.reason);
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
