import { ConnectorError } from '../runtime/errors.ts';
import { checkKey } from './key.ts';
import type { Store, StoredObject } from './store.ts';

/** Names of the operations of a {@link Store}. */
export type StoreOperation = 'get' | 'putIfAbsent' | 'replace' | 'list' | 'delete' | 'size';

/**
 * Where a simulation makes things go wrong. What a hook throws (or rejects with) is what the caller of the
 * operation gets; a hook that waits delays it.
 */
export interface MemoryStoreHooks {
  /** Called before the operation: throwing means that nothing was done. */
  before?(operation: StoreOperation, key: string): void | Promise<void>;
  /** Called when it is done: throwing means that the answer was lost. */
  after?(operation: StoreOperation, key: string): void | Promise<void>;
}

/**
 * A {@link Store} in memory, for tests and simulation. Several users may share one, as replicas share a bucket.
 * Bodies are handed out without a copy: they must not be changed.
 */
export class MemoryStore implements Store {
  readonly #objects = new Map<string, StoredObject>();
  readonly #hooks: MemoryStoreHooks;
  #revision = 0;

  constructor(hooks: MemoryStoreHooks = {}) {
    this.#hooks = hooks;
  }

  get(key: string): Promise<StoredObject | undefined> {
    return this.#run('get', key, () => this.#objects.get(key));
  }

  putIfAbsent(key: string, body: Uint8Array): Promise<boolean> {
    return this.#run('putIfAbsent', key, () => {
      if (this.#objects.has(key)) return false;
      this.#put(key, body);
      return true;
    });
  }

  replace(key: string, body: Uint8Array, expected: string | undefined): Promise<string> {
    return this.#run('replace', key, () => {
      if (this.#objects.get(key)?.version !== expected) {
        throw new ConnectorError(`${key} was changed by somebody else in the meantime.`, {
          code: 'store.conflict',
        });
      }
      return this.#put(key, body);
    });
  }

  list(prefix: string): Promise<string[]> {
    return this.#run('list', prefix, () =>
      [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort(),
    );
  }

  async delete(key: string): Promise<void> {
    await this.#run('delete', key, () => this.#objects.delete(key));
  }

  size(prefix: string): Promise<number> {
    return this.#run('size', prefix, () => {
      let bytes = 0;
      for (const [key, { body }] of this.#objects) if (key.startsWith(prefix)) bytes += body.length;
      return bytes;
    });
  }

  #put(key: string, body: Uint8Array): string {
    const version = String(++this.#revision);
    this.#objects.set(key, { body: Buffer.from(body), version });
    return version;
  }

  async #run<T>(operation: StoreOperation, key: string, work: () => T): Promise<T> {
    if (operation !== 'list' && operation !== 'size') checkKey(key);
    await this.#hooks.before?.(operation, key);
    const result = work();
    await this.#hooks.after?.(operation, key);
    return result;
  }
}
