import { dirname, sep } from 'node:path';
import { errnoOf } from './io-error.ts';
import type { StoreFs } from './store-fs.ts';

/** What file systems answer that cannot sync a folder; on those, names are as durable as they make them. */
const CANNOT_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR']);

/** Folders below `root` whose names survive power loss. */
export class DurableFolders {
  readonly #fs: StoreFs;
  readonly #root: string;
  readonly #durable = new Map<string, Promise<void>>();

  constructor(fs: StoreFs, root: string) {
    this.#fs = fs;
    this.#root = root;
  }

  /**
   * Creates `folder` (`root`, or below it) and syncs every folder above it. Done once a process, even for folders
   * that exist: the process that made one may have died before its sync. A folder that vanishes later is not made
   * again: an emptied data folder must not look like a new one.
   */
  ensure(folder: string): Promise<void> {
    const known = this.#durable.get(folder);
    if (known !== undefined) return known;
    const work = this.#create(folder).catch((error: unknown) => {
      this.#durable.delete(folder);
      throw error;
    });
    this.#durable.set(folder, work);
    return work;
  }

  /** Makes the names in `folder` durable. */
  async sync(folder: string): Promise<void> {
    const handle = await this.#fs.open(folder, 'r');
    try {
      await handle.sync();
    } catch (error) {
      if (!CANNOT_SYNC.has(errnoOf(error) ?? '')) throw error;
    } finally {
      await handle.close();
    }
  }

  async #create(folder: string): Promise<void> {
    const topmost = await this.#fs.mkdir(folder);
    if (topmost !== undefined) await this.#syncAboveRoot(topmost);
    for (let each = folder; each !== this.#root; each = dirname(each)) await this.sync(dirname(each));
  }

  /** Syncs the folders above `root` that `topmost` and its children were made in. */
  async #syncAboveRoot(topmost: string): Promise<void> {
    if (`${topmost}${sep}`.startsWith(`${this.#root}${sep}`) && topmost !== this.#root) return;
    for (let each = this.#root; ; each = dirname(each)) {
      try {
        await this.sync(dirname(each));
      } catch (error) {
        // A folder that may be written but not read cannot be opened for a sync.
        if (errnoOf(error) !== 'EACCES') throw error;
      }
      if (each === topmost || each === dirname(each)) return;
    }
  }
}
