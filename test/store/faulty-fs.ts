import { nodeFs, type StoreFile, type StoreFs } from '../../src/store/store-fs.ts';

/** What a process that died throws, from one call on for ever: no file system answers it, and no code handles it. */
export class ProcessDied extends Error {}

/** An error as Node's file system gives it. */
export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code, errno: -1, syscall: 'injected' });
}

/** Decides about call number `call` (from 0) of `operation`: what it returns is thrown instead of the call. */
export type Inject = (call: number, operation: string) => Error | undefined;

/** The real file system, with faults. */
export class FaultyFs implements StoreFs {
  /** Operations called so far, in order. */
  readonly calls: string[] = [];
  readonly #inject: Inject;

  constructor(inject: Inject = () => undefined) {
    this.#inject = inject;
  }

  open(path: string, flags: 'wx' | 'r'): Promise<StoreFile> {
    return this.#call('open', async () => {
      const file = await nodeFs.open(path, flags);
      return {
        writeFile: (body) => this.#call('write', () => file.writeFile(body)),
        sync: () => this.#call(flags === 'r' ? 'sync folder' : 'sync file', () => file.sync()),
        // The kernel closes the files of a process that died.
        close: async () => {
          await file.close();
          await this.#call('close', async () => {});
        },
      };
    });
  }
  readFile(path: string): Promise<Buffer> {
    return this.#call('readFile', () => nodeFs.readFile(path));
  }
  readdir(path: string): ReturnType<StoreFs['readdir']> {
    return this.#call('readdir', () => nodeFs.readdir(path));
  }
  stat(path: string): ReturnType<StoreFs['stat']> {
    return this.#call('stat', () => nodeFs.stat(path));
  }
  statfs(path: string): ReturnType<StoreFs['statfs']> {
    return this.#call('statfs', () => nodeFs.statfs(path));
  }
  mayWrite(path: string): Promise<boolean> {
    return this.#call('mayWrite', () => nodeFs.mayWrite(path));
  }
  link(from: string, to: string): Promise<void> {
    return this.#call('link', () => nodeFs.link(from, to));
  }
  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', () => nodeFs.rename(from, to));
  }
  unlink(path: string): Promise<void> {
    return this.#call('unlink', () => nodeFs.unlink(path));
  }
  rmdir(path: string): Promise<void> {
    return this.#call('rmdir', () => nodeFs.rmdir(path));
  }
  mkdir(path: string): Promise<string | undefined> {
    return this.#call('mkdir', () => nodeFs.mkdir(path));
  }
  mkdtemp(prefix: string): Promise<string> {
    return this.#call('mkdtemp', () => nodeFs.mkdtemp(prefix));
  }

  async #call<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const error = this.#inject(this.calls.length, operation);
    this.calls.push(operation);
    if (error !== undefined) throw error;
    return work();
  }
}
