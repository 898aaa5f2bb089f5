import {
  type FileFacts,
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
} from '../../src/sink/file-system.ts';

/** A call of the file system, as a test is asked about it. */
export interface Call {
  /** From 1, over all calls. */
  readonly n: number;
  readonly op:
    | 'makeFolder'
    | 'open'
    | 'facts'
    | 'syncFolder'
    | 'remove'
    | 'stat'
    | 'write'
    | 'read'
    | 'truncate'
    | 'sync'
    | 'other';
}

/** What becomes of a call: it succeeds (undefined), takes only a part of the bytes, or fails at some stage. */
export type Fate =
  | undefined
  | { readonly shortBytes: number }
  | { readonly error: Error; readonly done: 'nothing' | 'half' | 'all' };

/** The machine's file system (or another), with faults. Closing always works: the kernel closes what a dead process had open. */
export class FaultyFileSystem implements FileSystem {
  /** Calls so far, by what they did. */
  readonly calls: Call[] = [];
  fateOf: (call: Call) => Fate;
  /** Files open now. */
  openNow = 0;

  readonly #base: FileSystem;

  constructor(fateOf: (call: Call) => Fate = () => undefined, base: FileSystem = nodeFileSystem) {
    this.fateOf = fateOf;
    this.#base = base;
  }

  makeFolder(path: string): Promise<void> {
    return this.step('makeFolder', () => this.#base.makeFolder(path));
  }

  async open(path: string): Promise<OpenFile> {
    const file = await this.step('open', () => this.#base.open(path));
    this.openNow += 1;
    return new FaultyFile(this, file);
  }

  facts(path: string): Promise<FileFacts | undefined> {
    return this.step('facts', () => this.#base.facts(path));
  }

  syncFolder(path: string): Promise<void> {
    return this.step('syncFolder', () => this.#base.syncFolder(path));
  }

  remove(path: string): Promise<void> {
    return this.step('remove', () => this.#base.remove(path));
  }

  /** Runs `call` as its fate will have it. `part` does the half of it. */
  async step<T>(op: Call['op'], call: () => Promise<T>, part?: (bytes?: number) => Promise<T>): Promise<T> {
    const fate = this.fateOf(this.#next(op));
    if (fate === undefined) return await call();
    if ('shortBytes' in fate) return await (part ?? call)(fate.shortBytes);
    if (fate.done === 'half') await part?.();
    if (fate.done === 'all') discard(await call());
    throw fate.error;
  }

  #next(op: Call['op']): Call {
    const call = { n: this.calls.length + 1, op };
    this.calls.push(call);
    return call;
  }
}

class FaultyFile implements OpenFile {
  readonly #fs: FaultyFileSystem;
  readonly #file: OpenFile;

  constructor(fs: FaultyFileSystem, file: OpenFile) {
    this.#fs = fs;
    this.#file = file;
  }

  facts(): Promise<FileFacts> {
    return this.#fs.step('stat', () => this.#file.facts());
  }

  write(bytes: Uint8Array, offset: number): Promise<number> {
    const part = (count = bytes.length >> 1) => this.#file.write(bytes.subarray(0, count), offset);
    return this.#fs.step('write', () => this.#file.write(bytes, offset), part);
  }

  read(into: Uint8Array, offset: number): Promise<number> {
    return this.#fs.step('read', () => this.#file.read(into, offset));
  }

  truncate(size: number): Promise<void> {
    return this.#fs.step('truncate', () => this.#file.truncate(size));
  }

  sync(): Promise<void> {
    return this.#fs.step('sync', () => this.#file.sync());
  }

  close(): Promise<void> {
    this.#fs.openNow -= 1;
    return this.#file.close();
  }
}

/** A file opened by a call that nobody hears of any more. */
function discard(result: unknown): void {
  if (typeof result === 'object' && result !== null && 'close' in result) void (result as OpenFile).close();
}
