import { dirname, join } from 'node:path';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { fileError } from './file-errors.ts';
import { type FileSystem, nodeFileSystem } from './file-system.ts';
import { FileWriter } from './file-writer.ts';
import type { Sink, SinkContext, SinkWriter } from './sink.ts';

/** What a file sink works with. */
export interface FileSinkOptions {
  /** Sink id from the config. */
  readonly id: string;
  /** Absolute path of the folder: `<path>/<source>/<YYYY-MM-DD>.ndjson`. */
  readonly path: string;
  readonly log: Log;
  /** Default: the machine's. */
  readonly fs?: FileSystem;
}

/** Source ids as the config allows them: nothing else becomes a folder name. */
const SOURCE_ID = /^[a-z0-9-]{1,40}$/;
/** Made and removed by `check`. */
const PROBE = '.clarifai-siem-export-check';

/**
 * Lines in files, one file a source and day of event time. Exactly once on a local disk, also across kill -9; a
 * replay appends its lines again.
 */
export class FileSink implements Sink {
  readonly id: string;
  readonly idempotent = true;
  readonly #path: string;
  readonly #log: Log;
  readonly #fs: FileSystem;

  constructor({ id, path, log, fs = nodeFileSystem }: FileSinkOptions) {
    this.id = id;
    this.#path = path;
    this.#log = log;
    this.#fs = fs;
  }

  /**
   * Makes and removes a file in the folder, or in the nearest one above it that exists. Throws `sink.read_only`,
   * `sink.permission` (both exit code 2), `sink.full` or `sink.io`.
   */
  async check(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      const probe = join(await this.#nearest(), PROBE);
      const file = await this.#fs.open(probe);
      try {
        await file.write(Buffer.from('\n'), 0);
      } finally {
        await file.close();
        await this.#fs.remove(probe);
      }
    } catch (error) {
      throw fileError(error, this.#path);
    }
  }

  async open(context: SinkContext): Promise<SinkWriter> {
    const { id } = context.source;
    if (!SOURCE_ID.test(id)) {
      throw new ConnectorError(`"${id}" cannot name a folder: source ids are [a-z0-9-]{1,40}.`, {
        code: 'sink.source_id',
        exitCode: ExitCode.config,
      });
    }
    const folder = join(this.#path, id);
    const log = this.#log.child({ sink: this.id, source: id });
    try {
      await this.#fs.makeFolder(folder);
      return await FileWriter.open({ fs: this.#fs, folder, log }, context);
    } catch (error) {
      throw fileError(error, folder);
    }
  }

  async close(): Promise<void> {}

  async #nearest(): Promise<string> {
    let folder = this.#path;
    while ((await this.#fs.facts(folder)) === undefined && dirname(folder) !== folder)
      folder = dirname(folder);
    return folder;
  }
}
