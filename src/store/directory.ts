import { hash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { ConnectorError } from '../runtime/errors.ts';
import { releaseMemory } from '../runtime/release-memory.ts';
import { DurableFolders } from './durable-folders.ts';
import { errnoOf, storeError } from './io-error.ts';
import { checkKey, isKeyPart } from './key.ts';
import { Staging } from './staging.ts';
import type { Store, StoredObject, StoreSpace } from './store.ts';
import { nodeFs, type StoreFs } from './store-fs.ts';

/** What file systems without hard links answer to link(2). */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);
/** Files looked at at once. */
const PARALLEL = 16;

/** A {@link Store} in a folder. */
export interface DirectoryStore extends Store {
  /**
   * For the holder of the lock, before its first write: removes unfinished files of processes that died, makes
   * what they finished durable, and returns how many files were removed.
   */
  removeStray(): Promise<number>;
}

/**
 * A store in the folder `path`, one file an object. Nothing is created before the first write. Objects appear by
 * link(2) after fsync, so that a reader or a crash never meets a part. `putIfAbsent` is atomic between processes;
 * `replace`, and `putIfAbsent` where there are no links, only within this one: the lock guards the folder.
 */
export function openDirectoryStore(path: string, fs: StoreFs = nodeFs): DirectoryStore {
  return new LinkedFiles(resolve(path), fs);
}

class LinkedFiles implements DirectoryStore {
  readonly #root: string;
  readonly #fs: StoreFs;
  readonly #folders: DurableFolders;
  readonly #staging: Staging;
  /** The last write under way for each key: writes of one key go one after the other. */
  readonly #writing = new Map<string, Promise<unknown>>();
  /** Versions that were renamed into place, but whose folder could not be synced: written again by the retry. */
  readonly #unsynced = new Map<string, string>();

  constructor(root: string, fs: StoreFs) {
    this.#root = root;
    this.#fs = fs;
    this.#folders = new DurableFolders(fs, root);
    this.#staging = new Staging(fs, root);
  }

  async get(key: string): Promise<StoredObject | undefined> {
    const path = this.#pathOf(key);
    try {
      return new FileObject(await this.#fs.readFile(path));
    } catch (error) {
      if (ABSENT.has(errnoOf(error) ?? '')) return undefined;
      throw storeError(error, 'read', path);
    }
  }

  async putIfAbsent(key: string, body: Uint8Array): Promise<boolean> {
    const path = this.#pathOf(key);
    return this.#inTurn(key, () => this.#put(path, body));
  }

  async replace(key: string, body: Uint8Array, expected: string | undefined): Promise<string> {
    const path = this.#pathOf(key);
    return this.#inTurn(key, () => this.#replace(key, path, body, expected));
  }

  async list(prefix: string): Promise<string[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (folder !== '') checkKey(folder.slice(0, -1));
    const keys: string[] = [];
    await this.#walk(folder, (key) => {
      if (key.startsWith(prefix)) keys.push(key);
    });
    return keys.sort();
  }

  async delete(key: string): Promise<void> {
    const path = this.#pathOf(key);
    await this.#guard('delete', path, async () => {
      try {
        await this.#fs.unlink(path);
      } catch (error) {
        if (!ABSENT.has(errnoOf(error) ?? '')) throw error;
        return;
      }
      await this.#folders.sync(dirname(path));
    });
  }

  async size(prefix: string): Promise<number> {
    const keys = await this.list(prefix);
    let bytes = 0;
    for (let i = 0; i < keys.length; i += PARALLEL) {
      const sizes = await Promise.all(
        keys.slice(i, i + PARALLEL).map((key) => this.#sizeOf(join(this.#root, key))),
      );
      for (const size of sizes) bytes += size;
    }
    return bytes;
  }

  async space(): Promise<StoreSpace> {
    const { freeBytes, sizeBytes } = await this.#guard('measure', this.#root, () =>
      this.#fs.statfs(this.#root),
    );
    return { freeBytes, sizeBytes, writable: await this.#fs.mayWrite(this.#root) };
  }

  async removeStray(): Promise<number> {
    return this.#guard('tidy up', this.#root, async () => {
      await this.#folders.ensure(this.#root);
      const folders = new Set<string>();
      await this.#walk('', (key) => folders.add(dirname(key)));
      for (const folder of folders) {
        await this.#folders.ensure(join(this.#root, folder));
        await this.#folders.sync(join(this.#root, folder));
      }
      return this.#staging.removeStray();
    });
  }

  #pathOf(key: string): string {
    checkKey(key);
    return join(this.#root, key);
  }

  async #guard<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storeError(error, what, path);
    }
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#writing.get(key) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {});
    this.#writing.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#writing.get(key) === settled) this.#writing.delete(key);
    }
  }

  #put(path: string, body: Uint8Array): Promise<boolean> {
    return this.#guard('write', path, async () => {
      await this.#folders.ensure(dirname(path));
      const staged = await this.#staging.write(body);
      let created: boolean;
      try {
        created = await this.#link(staged, path);
      } finally {
        await this.#staging.discard(staged);
      }
      try {
        // Also when it existed: whoever made it may have died before its own sync.
        await this.#folders.sync(dirname(path));
      } catch (error) {
        if (created) await this.#fs.unlink(path).catch(() => {});
        throw error;
      }
      return created;
    });
  }

  async #link(staged: string, path: string): Promise<boolean> {
    try {
      await this.#fs.link(staged, path);
      return true;
    } catch (error) {
      const errno = errnoOf(error) ?? '';
      if (errno === 'EEXIST') return false;
      if (!NO_LINKS.has(errno)) throw error;
    }
    if (await this.#exists(path)) return false;
    await this.#fs.rename(staged, path);
    return true;
  }

  async #replace(key: string, path: string, body: Uint8Array, expected: string | undefined): Promise<string> {
    const current = (await this.get(key))?.version;
    const version = versionOf(body);
    const own = current === version && this.#unsynced.get(key) === version;
    if (current !== expected && !own) {
      throw new ConnectorError(`${path} was changed by somebody else in the meantime.`, {
        code: 'store.conflict',
      });
    }
    return this.#guard('write', path, async () => {
      await this.#folders.ensure(dirname(path));
      const staged = await this.#staging.write(body);
      try {
        await this.#fs.rename(staged, path);
      } catch (error) {
        await this.#staging.discard(staged);
        throw error;
      }
      this.#unsynced.set(key, version);
      await this.#folders.sync(dirname(path));
      this.#unsynced.delete(key);
      return version;
    });
  }

  async #walk(folder: string, visit: (key: string) => void): Promise<void> {
    const path = join(this.#root, folder);
    let entries: Awaited<ReturnType<StoreFs['readdir']>>;
    try {
      entries = await this.#fs.readdir(path);
    } catch (error) {
      if (ABSENT.has(errnoOf(error) ?? '')) return;
      throw storeError(error, 'list', path);
    }
    for (const entry of entries) {
      if (!isKeyPart(entry.name)) continue;
      if (entry.isDirectory()) await this.#walk(`${folder}${entry.name}/`, visit);
      else visit(`${folder}${entry.name}`);
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#fs.stat(path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async #sizeOf(path: string): Promise<number> {
    try {
      return (await this.#fs.stat(path)).size;
    } catch (error) {
      if (ABSENT.has(errnoOf(error) ?? '')) return 0;
      throw storeError(error, 'read', path);
    }
  }
}

class FileObject implements StoredObject {
  readonly body: Buffer;

  constructor(body: Buffer) {
    this.body = body;
  }

  /** Computed when asked for: most readers want the body only. */
  get version(): string {
    return versionOf(this.body);
  }

  release(): void {
    releaseMemory(this.body);
  }
}

function versionOf(body: Uint8Array): string {
  return hash('sha256', body, 'hex');
}
