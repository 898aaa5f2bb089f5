import { join } from 'node:path';
import { errnoOf } from './io-error.ts';
import type { StoreFs } from './store-fs.ts';

/** Folder for unfinished files, in the root of the store; no key can have this name. */
const STAGING = '~staging';

/**
 * Files on their way into the store, on the same file system, in a folder of this process's own. What a process
 * that died has left is removed by {@link Staging.removeStray}.
 */
export class Staging {
  readonly #fs: StoreFs;
  readonly #folder: string;
  #own: string | undefined;
  #counter = 0;

  constructor(fs: StoreFs, root: string) {
    this.#fs = fs;
    this.#folder = join(root, STAGING);
  }

  /** Writes `body` to a new file, syncs it and returns its path. After a failure nothing of it is left. */
  async write(body: Uint8Array): Promise<string> {
    try {
      return await this.#write(body);
    } catch (error) {
      // The holder of the lock has removed our folder while it tidied up.
      if (errnoOf(error) !== 'ENOENT') throw error;
      this.#own = undefined;
      return await this.#write(body);
    }
  }

  /** Removes a file that {@link write} made. A failure leaves a stray file, which harms nobody. */
  async discard(path: string): Promise<void> {
    await this.#fs.unlink(path).catch(() => {});
  }

  /** Removes what other processes have left, and returns how many files that were. */
  async removeStray(): Promise<number> {
    let removed = 0;
    for (const folder of await this.#names(this.#folder)) {
      if (folder === this.#own) continue;
      for (const file of await this.#names(folder)) {
        await this.#fs.unlink(file);
        removed += 1;
      }
      await this.#fs.rmdir(folder);
    }
    return removed;
  }

  async #write(body: Uint8Array): Promise<string> {
    this.#own ??= await this.#makeOwn();
    const path = join(this.#own, String(this.#counter++));
    const file = await this.#fs.open(path, 'wx');
    try {
      try {
        await file.writeFile(body);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      // After a failed sync the pages may be lost although they look clean: only a new file is trusted.
      await this.discard(path);
      throw error;
    }
    return path;
  }

  async #makeOwn(): Promise<string> {
    await this.#fs.mkdir(this.#folder);
    return this.#fs.mkdtemp(join(this.#folder, 'p-'));
  }

  async #names(folder: string): Promise<string[]> {
    try {
      return (await this.#fs.readdir(folder)).map(({ name }) => join(folder, name));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  }
}
