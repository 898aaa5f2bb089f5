import { ConnectorError } from '../runtime/errors.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

/** Files kept open at once by one writer. */
const MAX_OPEN = 32;

interface Held {
  readonly file: OpenFile;
  readonly inode: string;
  dirty: boolean;
}

/**
 * The files a writer has open: at most {@link MAX_OPEN}, the least recently used one is closed first, and never
 * before what was written to it is synced.
 *
 * A failed sync may have dropped what was written while later ones succeed, so after one nothing is said to be
 * durable any more: every call throws `sink.sync_failed`.
 */
export class FileHandles {
  readonly #fs: FileSystem;
  readonly #held = new Map<string, Held>();
  #broken: ConnectorError | undefined;

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** The file at `path`, opened or created when it is not open yet, and its inode. */
  async get(path: string): Promise<{ readonly file: OpenFile; readonly inode: string }> {
    if (this.#broken !== undefined) throw this.#broken;
    const held = this.#held.get(path) ?? (await this.#open(path));
    this.#held.delete(path);
    this.#held.set(path, held);
    return held;
  }

  /** The file at `path` was or will be written: `sync` must reach it. It is open. */
  touch(path: string): void {
    this.#held.get(path)!.dirty = true;
  }

  /** Makes everything written durable. Files stay marked until their own sync has succeeded. */
  async sync(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    for (const [path, held] of this.#held) await this.#syncOne(path, held);
  }

  /** Closes the file at `path`, which was synced; it was renamed, removed or cut by somebody. */
  async drop(path: string): Promise<void> {
    const held = this.#held.get(path);
    this.#held.delete(path);
    await held?.file.close();
  }

  /** Closes all without syncing. Idempotent. */
  async close(): Promise<void> {
    const all = [...this.#held.values()];
    this.#held.clear();
    await Promise.allSettled(all.map(({ file }) => file.close()));
  }

  async #open(path: string): Promise<Held> {
    if (this.#held.size >= MAX_OPEN) {
      const [oldest, held] = this.#held.entries().next().value!;
      await this.#syncOne(oldest, held);
      await this.drop(oldest);
    }
    const file = await this.#fs.open(path);
    try {
      return { file, inode: (await file.facts()).inode, dirty: false };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #syncOne(path: string, held: Held): Promise<void> {
    if (!held.dirty) return;
    try {
      await held.file.sync();
    } catch (cause) {
      this.#broken = new ConnectorError(
        `The disk failed to keep what was written to ${path}: check it, then restart.`,
        {
          code: 'sink.sync_failed',
          cause,
        },
      );
      throw this.#broken;
    }
    held.dirty = false;
  }
}
