import { dirname } from 'node:path';
import type { FileFacts, FileSystem, OpenFile } from '../../src/sink/file-system.ts';

/** A file: what programs see of it, and what is on the disk for sure. */
interface Inode {
  readonly number: string;
  seen: Buffer;
  synced: Buffer;
}

/**
 * A file system in memory that forgets at power loss what was not synced: of a file's end a part may be there, or
 * zeros in its place; a new name may be gone.
 */
export class PowerLossFileSystem implements FileSystem {
  #names = new Map<string, Inode>();
  readonly #syncedNames = new Map<string, Inode>();
  #created = 0;

  async makeFolder(): Promise<void> {}

  async open(path: string): Promise<OpenFile> {
    let inode = this.#names.get(path);
    if (inode === undefined) {
      this.#created += 1;
      inode = { number: String(this.#created), seen: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.#names.set(path, inode);
    }
    return new MemoryFile(inode);
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    const inode = this.#names.get(path);
    return inode && factsOf(inode);
  }

  async syncFolder(path: string): Promise<void> {
    for (const [name, inode] of this.#names) if (dirname(name) === path) this.#syncedNames.set(name, inode);
  }

  async remove(path: string): Promise<void> {
    this.#names.delete(path);
  }

  /** Goes on with what the disk happens to hold. */
  losePower(random: () => number): void {
    const names = [...this.#names].filter(([name]) => this.#syncedNames.has(name) || random() < 0.5);
    this.#names = new Map(names);
    for (const inode of this.#names.values()) {
      inode.synced = survivingOf(inode, random);
      inode.seen = inode.synced;
    }
  }

  /** All files by path. */
  texts(): Map<string, string> {
    return new Map([...this.#names].sort().map(([name, { seen }]) => [name, seen.toString()]));
  }
}

class MemoryFile implements OpenFile {
  readonly #inode: Inode;

  constructor(inode: Inode) {
    this.#inode = inode;
  }

  async facts(): Promise<FileFacts> {
    return factsOf(this.#inode);
  }

  async write(bytes: Uint8Array, offset: number): Promise<number> {
    const seen = Buffer.alloc(Math.max(this.#inode.seen.length, offset + bytes.length));
    this.#inode.seen.copy(seen);
    seen.set(bytes, offset);
    this.#inode.seen = seen;
    return bytes.length;
  }

  async read(into: Uint8Array, offset: number): Promise<number> {
    return this.#inode.seen.copy(into, 0, offset);
  }

  async truncate(size: number): Promise<void> {
    this.#inode.seen = Buffer.from(this.#inode.seen.subarray(0, size));
  }

  async sync(): Promise<void> {
    this.#inode.synced = this.#inode.seen;
  }

  async close(): Promise<void> {}
}

function factsOf({ seen, number }: Inode): FileFacts {
  return { size: seen.length, inode: number };
}

/** What was synced, and of the rest a part, in the order written, followed by zeros where data was not yet there. */
function survivingOf({ seen, synced }: Inode, random: () => number): Buffer {
  if (seen.length <= synced.length) return random() < 0.5 ? seen : synced;
  const size = synced.length + Math.floor(random() * (seen.length - synced.length + 1));
  const written = synced.length + Math.floor(random() * (size - synced.length + 1));
  const surviving = Buffer.from(seen.subarray(0, size));
  if (random() < 0.5) surviving.fill(0, written);
  return surviving;
}
