import type { OnProven } from '../collector/collector.ts';
import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import { ConnectorError, ExitCode, hasCode } from '../runtime/errors.ts';
import { openDirectoryStore } from '../store/directory.ts';
import { tryLock } from '../store/lock.ts';
import { doJob, type Job, type JobResult } from './jobs.ts';
import type { Machine } from './machine.ts';
import type { Connector, OpenSource } from './open.ts';
import { RequestFiles, type WorkRequest } from './request-files.ts';

/** Progress is written at most this often, and looked for this often, milliseconds. */
const PROGRESS_EVERY_MS = 1_000;

/** Answered requests that nobody has fetched are removed after this, milliseconds. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/** What came of a job for one source. */
export interface SourceResult {
  readonly source: string;
  readonly result: JobResult;
}

/** Does the work that commands have left for a source. Errors of a job are told to who asked. */
export async function executeRequests(
  connector: Connector,
  source: OpenSource,
  signal: AbortSignal,
): Promise<void> {
  const { store, machine } = connector;
  const files = new RequestFiles(store, source.config.id);
  for (const id of await files.list()) {
    signal.throwIfAborted();
    const request = await readable(files, id);
    if (request === undefined) continue;
    if (request.state === 'asked' || request.state === 'running')
      await execute(request, files, machine, source, signal);
    else if (machine.clock.nowMs() - Date.parse(request.updated) > FORGOTTEN_AFTER_MS) await files.remove(id);
  }
}

async function readable(files: RequestFiles, id: string): Promise<WorkRequest | undefined> {
  try {
    return await files.read(id);
  } catch (error) {
    if (!hasCode(error, 'request')) throw error;
    await files.remove(id);
    return undefined;
  }
}

async function execute(
  asked: WorkRequest,
  files: RequestFiles,
  machine: Machine,
  source: OpenSource,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = machine;
  const log = machine.log.child({ source: source.config.id, request: asked.id });
  const running: WorkRequest = { ...asked, state: 'running' };
  if (!(await files.update(running, clock.nowMs()))) return;
  log.info({ kind: asked.job.kind }, 'a command asked for work: it is done now');
  const progress = new ProgressWriter(running, files, machine);
  let ended: WorkRequest;
  try {
    ended = { ...running, state: 'done', result: await doJob(asked.job, source, signal, progress.onProven) };
    await source.collector.close();
  } catch (error) {
    // A process that stops leaves the request as it is: the next one, or who asked, does the work.
    if (signal.aborted) throw error;
    log.error({ err: error }, 'the work that a command asked for failed');
    const message = error instanceof Error ? error.message : String(error);
    const exitCode = error instanceof ConnectorError ? error.exitCode : ExitCode.unexpected;
    ended = { ...running, state: 'failed', error: { message, exitCode } };
  }
  await progress.settled();
  await files.update(ended, clock.nowMs());
}

/** Writes how far a request is, now and again, one write at a time. */
class ProgressWriter {
  readonly #request: WorkRequest;
  readonly #files: RequestFiles;
  readonly #machine: Machine;
  #proven = 0n;
  #entries = 0;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #writing: Promise<void> | undefined;

  constructor(request: WorkRequest, files: RequestFiles, machine: Machine) {
    this.#request = request;
    this.#files = files;
    this.#machine = machine;
  }

  /** A span was proven. Usable as a callback. */
  readonly onProven: OnProven = (span, entries) => {
    this.#proven += span.to - span.from;
    this.#entries += entries;
    const nowMs = this.#machine.clock.monotonicMs();
    if (this.#writing !== undefined || nowMs - this.#writtenMs < PROGRESS_EVERY_MS) return;
    this.#writtenMs = nowMs;
    const progress = { proven: this.#proven, entries: this.#entries };
    this.#writing = this.#files
      .update({ ...this.#request, progress }, this.#machine.clock.nowMs())
      // Progress is a courtesy: what keeps it from being written shows in the work itself.
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        this.#writing = undefined;
      });
  };

  /** Resolves when no write is under way. */
  async settled(): Promise<void> {
    await this.#writing;
  }
}

/**
 * Leaves a job for the process that holds the store, and follows it. Undefined when that process has ended before
 * the work was done: the requests are removed again, and the caller does the work. Throws what the work threw, and
 * on abort.
 */
export async function followJob(
  config: ConnectorConfig,
  machine: Machine,
  sources: readonly SourceConfig[],
  job: Job,
  onProven: OnProven,
): Promise<SourceResult[] | undefined> {
  const store = openDirectoryStore(config.journal.path);
  machine.log.info({}, 'another process holds the journal: the work is handed to it');
  const followed = await Promise.all(
    sources.map(async ({ id }) => {
      const files = new RequestFiles(store, id);
      const request = await files.create(job, machine.clock.nowMs(), machine.random);
      return { source: id, files, id: request.id };
    }),
  );
  try {
    const results: SourceResult[] = [];
    for (const { source, files, id } of followed) {
      const result = await follow(files, id, config, machine, onProven);
      if (result === undefined) return undefined;
      results.push({ source, result });
    }
    return results;
  } finally {
    for (const { files, id } of followed) await files.remove(id);
  }
}

async function follow(
  files: RequestFiles,
  id: string,
  config: ConnectorConfig,
  machine: Machine,
  onProven: OnProven,
): Promise<JobResult | undefined> {
  const { clock, host } = machine;
  let shown: WorkRequest['progress'] = { proven: 0n, entries: 0 };
  for (;;) {
    const request = await files.read(id);
    if (request === undefined) return undefined;
    const { state, progress, result, error, job } = request;
    if (state === 'done') return result;
    if (state === 'failed') {
      throw new ConnectorError(error!.message, { code: 'request.failed', exitCode: error!.exitCode });
    }
    if (progress.proven > shown.proven) {
      const from = job.span.from + shown.proven;
      onProven({ from, to: job.span.from + progress.proven }, progress.entries - shown.entries);
      shown = progress;
    }
    if (!isHeld(config)) {
      const last = await files.read(id);
      return last?.state === 'done' ? last.result : undefined;
    }
    await clock.sleep(PROGRESS_EVERY_MS, host.stopping);
  }
}

/** Whether a process holds the store. */
function isHeld(config: ConnectorConfig): boolean {
  const lock = tryLock(config.journal.path);
  lock?.release();
  return lock === undefined;
}
