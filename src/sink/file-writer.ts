import { join } from 'node:path';
import { ConnectorError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { fileError } from './file-errors.ts';
import { FileHandles } from './file-handles.ts';
import type { FileSystem } from './file-system.ts';
import { equalBytes, wholeLinesEnd } from './file-tail.ts';
import { type Change, changeOf, FileTargets, type Target } from './file-targets.ts';
import { LineBuffer } from './line-buffer.ts';
import type { Batch, SinkContext, SinkState, SinkWriter, WriteResult } from './sink.ts';

const LF = 0x0a;
const STORED: WriteResult = { retry: [], refused: [] };

const CHANGED: Readonly<Record<Exclude<Change, 'grown'>, string>> = {
  gone: 'the file is gone (rotated or removed); going on in a new one',
  replaced: 'the file was replaced (rotated); going on at the end of the present one',
  cut: 'the file was cut by somebody else; going on at its present end',
};

/** What a file writer works with. */
export interface FileWriterDeps {
  readonly fs: FileSystem;
  /** Folder of the source; it exists. */
  readonly folder: string;
  readonly log: Log;
}

/**
 * Writes the lines of one source, exactly once across crashes, by three rules:
 * 1. The state that is saved names a file, with its size, before the first byte goes into it; and everything
 *    written is synced before any state is saved.
 * 2. What stands behind an offset after a start or a failed write is compared with the bytes due: equal bytes are
 *    not written again, a torn line is completed, a different line and what follows is cut off with a warning.
 * 3. A file that is not the one on record (other inode, gone, shorter), or that somebody else has written to, is
 *    taken up anew at its present end, by rule 1.
 */
export class FileWriter implements SinkWriter {
  readonly #deps: FileWriterDeps;
  readonly #context: SinkContext;
  readonly #handles: FileHandles;
  readonly #targets: FileTargets;
  readonly #lines = new LineBuffer();
  #created = false;

  /** Opens a writer; `context.state` says what is on record. Throws `sink.state_damaged`, and what the disk throws. */
  static async open(deps: FileWriterDeps, context: SinkContext): Promise<FileWriter> {
    const writer = new FileWriter(deps, context);
    await writer.#targets.settle((name) => deps.fs.facts(writer.#path(name)));
    return writer;
  }

  private constructor(deps: FileWriterDeps, context: SinkContext) {
    this.#deps = deps;
    this.#context = context;
    this.#handles = new FileHandles(deps.fs);
    this.#targets = new FileTargets(context.state);
  }

  async write({ records }: Batch, signal: AbortSignal): Promise<WriteResult> {
    signal.throwIfAborted();
    const due = this.#lines.encode(records);
    try {
      const sizes = await this.#prepare([...due.keys()], signal);
      const ends: { target: Target; offset: number; settled: boolean }[] = [];
      for (const [name, bytes] of due) {
        signal.throwIfAborted();
        const target = this.#targets.find(name)!;
        const settled = await this.#append(name, target, bytes, sizes.get(name)!);
        ends.push({ target, offset: target.offset + bytes.length, settled });
      }
      // All files of a batch move on together: until then a retry finds each where the batch began.
      for (const { target, offset, settled } of ends) Object.assign(target, { offset, settled });
      return STORED;
    } catch (error) {
      for (const name of due.keys()) {
        const target = this.#targets.find(name);
        if (target !== undefined) target.settled = false;
      }
      throw fileError(error, this.#deps.folder);
    } finally {
      this.#lines.release();
    }
  }

  async flush(): Promise<SinkState> {
    try {
      await this.#sync();
    } catch (error) {
      throw fileError(error, this.#deps.folder);
    }
    this.#targets.trim();
    return this.#targets.state();
  }

  async close(): Promise<void> {
    await this.#handles.close();
  }

  /** Makes all `names` writable: known, on record, and the files we think they are. Returns their sizes. */
  async #prepare(names: readonly string[], signal: AbortSignal): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const anew: string[] = [];
    for (const name of names) {
      const target = this.#targets.find(name);
      const facts = await this.#deps.fs.facts(this.#path(name));
      const change = target && changeOf(target, facts);
      if (change !== undefined) this.#tell(name, change);
      if (target === undefined || facts === undefined || change !== undefined) {
        anew.push(name);
      } else {
        this.#targets.use(name, target);
        sizes.set(name, facts.size);
      }
    }
    // Synced before a handle is dropped: what went into a renamed file is about to be on record.
    if (anew.length > 0) await this.#sync();
    for (const name of anew) sizes.set(name, await this.#takeUp(name));
    if (names.some((name) => !this.#targets.find(name)!.recorded)) {
      await this.#sync();
      await this.#context.saveState(this.#targets.state(), signal);
      this.#targets.recorded();
    }
    return sizes;
  }

  /** Opens or creates a file that is not on record and begins at its end; a torn line there was never whole. */
  async #takeUp(name: string): Promise<number> {
    const path = this.#path(name);
    await this.#handles.drop(path);
    this.#created = true;
    const { file, inode } = await this.#openOrMakeFolder(path);
    const { size } = await file.facts();
    const offset = size === 0 ? 0 : await wholeLinesEnd(file, size);
    if (offset < size) {
      this.#deps.log.warn(
        { file: name, bytes: size - offset },
        'cut off a torn last line that nobody can complete',
      );
      this.#handles.touch(path);
      await file.truncate(offset);
    }
    this.#targets.use(name, { inode, offset, settled: true, recorded: false });
    return offset;
  }

  async #openOrMakeFolder(path: string): ReturnType<FileHandles['get']> {
    try {
      return await this.#handles.get(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await this.#deps.fs.makeFolder(this.#deps.folder);
      return await this.#handles.get(path);
    }
  }

  /** Brings `bytes` into the file at its offset. True when the file then ends with them. */
  async #append(name: string, target: Target, bytes: Buffer, size: number): Promise<boolean> {
    const path = this.#path(name);
    const { file, inode } = await this.#handles.get(path);
    if (inode !== target.inode) throw stalled(path, 'was replaced just now');
    this.#handles.touch(path);
    const behind = size - target.offset;
    let done = behind === 0 ? 0 : await equalBytes(file, target.offset, bytes, behind);
    if (done < Math.min(behind, bytes.length)) {
      done = done === 0 ? 0 : bytes.lastIndexOf(LF, done - 1) + 1;
      const fields = { file: name, bytes: behind - done };
      this.#deps.log.warn(fields, 'cut off what is not what comes next; the right lines follow');
      await file.truncate(target.offset + done);
    } else if (behind > bytes.length) {
      return false;
    }
    while (done < bytes.length) {
      const taken = await file.write(bytes.subarray(done), target.offset + done);
      if (taken <= 0) throw stalled(path, 'takes no bytes');
      done += taken;
    }
    return true;
  }

  #tell(name: string, change: Change): void {
    const { log } = this.#deps;
    if (change !== 'grown') log.warn({ file: name }, CHANGED[change]);
    else
      log.error(
        { file: name },
        'somebody else writes to this file; going on behind it. Let nothing else write there',
      );
  }

  async #sync(): Promise<void> {
    await this.#handles.sync();
    if (!this.#created) return;
    try {
      await this.#deps.fs.syncFolder(this.#deps.folder);
    } catch (error) {
      // Somebody removed the folder with its files: the next write finds them gone and makes it anew.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#created = false;
      throw error;
    }
    this.#created = false;
  }

  #path(name: string): string {
    return join(this.#deps.folder, name);
  }
}

function stalled(path: string, what: string): ConnectorError {
  return new ConnectorError(`${path} ${what}; it is tried again.`, { code: 'sink.io', retryable: true });
}
