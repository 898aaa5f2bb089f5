import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What tells whether a path still names the file we know, and how far it goes. */
export interface FileFacts {
  /** Size in bytes. */
  readonly size: number;
  /** Inode number, decimal. */
  readonly inode: string;
}

/** An open file, read and written at given offsets. Errors are those of Node, with `code`. */
export interface OpenFile {
  facts(): Promise<FileFacts>;
  /** Writes at `offset`; returns how many bytes were taken, possibly fewer than given. */
  write(bytes: Uint8Array, offset: number): Promise<number>;
  /** Fills `into` from `offset` as far as the file goes; returns how many bytes were read. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): Promise<void>;
  /** Makes its data and size survive power loss. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The file system as the file sink uses it; a seam, so that tests may die after any call. */
export interface FileSystem {
  /** Makes a folder and those above it, durably. */
  makeFolder(path: string): Promise<void>;
  /** Opens a file for reading and writing, and creates it when there is none. */
  open(path: string): Promise<OpenFile>;
  /** Facts of what `path` names; undefined when there is nothing. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** Makes the names in a folder survive power loss. */
  syncFolder(path: string): Promise<void>;
  /** Removes a file; no error when there is none. */
  remove(path: string): Promise<void>;
}

/** Group-readable, so that a forwarder of the same group may read; the process's umask may take that away. */
const FILE_MODE = 0o640;

/** {@link FileSystem} of the machine. */
export const nodeFileSystem: FileSystem = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true });
    await syncParents(path, first ?? path);
  },
  async open(path) {
    return new NodeFile(await open(path, constants.O_RDWR | constants.O_CREAT, FILE_MODE));
  },
  async facts(path) {
    try {
      return factsOf(await stat(path, { bigint: true }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  syncFolder,
  async remove(path) {
    await rm(path, { force: true });
  },
};

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async facts(): Promise<FileFacts> {
    return factsOf(await this.#handle.stat({ bigint: true }));
  }

  async write(bytes: Uint8Array, offset: number): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length, offset)).bytesWritten;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    let filled = 0;
    while (filled < into.length) {
      const { bytesRead } = await this.#handle.read(into, filled, into.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  async truncate(size: number): Promise<void> {
    await this.#handle.truncate(size);
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function factsOf(stats: BigIntStats): FileFacts {
  return { size: Number(stats.size), inode: String(stats.ino) };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Syncs the parents of all folders from `path` up to `first`, as far as we may read them. */
async function syncParents(path: string, first: string): Promise<void> {
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) {
    try {
      await syncFolder(dirname(folder));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
  }
}
