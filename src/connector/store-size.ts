import type { Store } from '../store/store.ts';

/**
 * How large a store is, without looking at every object again and again: measured when it could matter, and in
 * between every segment counts with its size before compression, which is more than it takes.
 */
export class StoreSize {
  readonly #store: Store;
  #bytes: number | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Bytes in use: exact when near `limit` or above, else an upper bound. */
  async atMost(limit: number): Promise<number> {
    if (this.#bytes === undefined || this.#bytes >= limit) this.#bytes = await this.#store.size('');
    return this.#bytes;
  }

  /** An object of at most `bytes` was added. */
  grow(bytes: number): void {
    if (this.#bytes !== undefined) this.#bytes += bytes;
  }

  /** Something was removed: measure again. */
  forget(): void {
    this.#bytes = undefined;
  }
}
