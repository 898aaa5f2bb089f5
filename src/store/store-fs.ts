import * as fs from 'node:fs/promises';

/** A file opened for writing, or a folder opened to be synced. */
export interface StoreFile {
  /** Writes all of `body` from the current position. */
  writeFile(body: Uint8Array): Promise<void>;
  /** fsync(2). */
  sync(): Promise<void>;
  /** Releases it. */
  close(): Promise<void>;
}

/** One name in a folder. */
export interface FolderEntry {
  readonly name: string;
  /** Whether it is a folder. */
  isDirectory(): boolean;
}

/**
 * What the directory store uses of `node:fs/promises`, as a seam: tests make each call fail, or end the process
 * there. All errors are those of Node.
 */
export interface StoreFs {
  /** `wx`: creates a file. `r`: opens a folder. */
  open(path: string, flags: 'wx' | 'r'): Promise<StoreFile>;
  /** Reads a file whole. */
  readFile(path: string): Promise<Buffer>;
  /** Names in a folder. */
  readdir(path: string): Promise<readonly FolderEntry[]>;
  /** Size in bytes. */
  stat(path: string): Promise<{ readonly size: number }>;
  /** statfs(2), in bytes. */
  statfs(path: string): Promise<{ readonly freeBytes: number; readonly sizeBytes: number }>;
  /** Whether this user may write to a folder: access(2) with W_OK. */
  mayWrite(path: string): Promise<boolean>;
  /** link(2): fails with EEXIST when `to` exists. */
  link(from: string, to: string): Promise<void>;
  /** rename(2): replaces `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. */
  unlink(path: string): Promise<void>;
  /** Removes an empty folder. */
  rmdir(path: string): Promise<void>;
  /** Creates a folder and those above it; the topmost one created, or undefined when all existed. */
  mkdir(path: string): Promise<string | undefined>;
  /** Creates a folder with a unique name that starts with `prefix`, and returns its path. */
  mkdtemp(prefix: string): Promise<string>;
}

/** The real file system. */
export const nodeFs: StoreFs = {
  open: (path, flags) => fs.open(path, flags),
  readFile: (path) => fs.readFile(path),
  readdir: (path) => fs.readdir(path, { withFileTypes: true }),
  stat: (path) => fs.stat(path),
  statfs: async (path) => {
    const { bsize, bavail, blocks } = await fs.statfs(path);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  },
  mayWrite: (path) =>
    fs.access(path, fs.constants.W_OK).then(
      () => true,
      () => false,
    ),
  link: (from, to) => fs.link(from, to),
  rename: (from, to) => fs.rename(from, to),
  unlink: (path) => fs.unlink(path),
  rmdir: (path) => fs.rmdir(path),
  mkdir: (path) => fs.mkdir(path, { recursive: true }),
  mkdtemp: (prefix) => fs.mkdtemp(prefix),
};
