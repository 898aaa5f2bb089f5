import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import { openApis } from '../connector/api.ts';
import { type Machine, sinkDepsOf } from '../connector/machine.ts';
import { openConfig, readStore } from '../connector/session.ts';
import { readStatus } from '../connector/status.ts';
import { fromMs } from '../event/span.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { createSink } from '../sink/registry.ts';
import type { AuditLogApi } from '../source/api.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';

/** How long a source or sink may take to answer, milliseconds. */
const ANSWER_WITHIN_MS = 20_000;

/** `check`: tries config, journal, PAT and every sink for real, without leaving data. Exit code: that of the first fault. */
export async function execute(options: CommonOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  const report = new Report(host);
  await report.ok(
    `config ${options.config}: ${config.sources.length} source(s), ${config.sinks.length} sink(s)`,
  );
  await report.attempt('journal', () => checkJournal(config, machine));
  await checkSources(config, machine, report);
  for (const sinkConfig of config.sinks) {
    await report.attempt(`sink ${sinkConfig.id}`, async () => {
      const sink = await createSink(sinkConfig, sinkDepsOf(machine));
      const { signal, done } = machine.clock.deadline(ANSWER_WITHIN_MS, host.stopping);
      try {
        await sink.check(signal);
        return `${sinkConfig.type}, ${sinkConfig.format}: ready`;
      } finally {
        done();
        await sink.close();
      }
    });
  }
  return report.exitCode;
}

/** Prints a line for each thing tried, and keeps the exit code of the first that failed. */
class Report {
  readonly #host: Host;
  exitCode: number = ExitCode.done;

  constructor(host: Host) {
    this.#host = host;
  }

  async ok(text: string): Promise<void> {
    await this.#host.writeOut(`ok    ${text}\n`);
  }

  async attempt(what: string, work: () => Promise<string>): Promise<void> {
    try {
      await this.ok(`${what}: ${await work()}`);
    } catch (error) {
      const exitCode = error instanceof ConnectorError ? error.exitCode : ExitCode.unexpected;
      if (this.exitCode === ExitCode.done) this.exitCode = exitCode;
      await this.#host.writeOut(`FAIL  ${what}: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

async function checkJournal(config: ConnectorConfig, machine: Machine): Promise<string> {
  const { path } = config.journal;
  await checkWritable(path);
  const sources = await readStatus(config, readStore(config), machine.clock, machine.random);
  for (const { source, journal } of sources) {
    if (journal?.sameSource !== false) continue;
    throw new ConnectorError(
      `base_url, user_id or filter of source ${source} differ from those its journal was begun with: use a new source id, or put the old ones back`,
      { code: 'journal.fingerprint', exitCode: ExitCode.config },
    );
  }
  const begun = sources.filter(({ journal }) => journal !== undefined).length;
  return `${path}: ${begun === 0 ? 'will be made by the first run' : `holds ${begun} of ${sources.length} source(s)`}`;
}

/** Whether `path`, or the nearest folder above it that exists, may be written to. */
async function checkWritable(path: string): Promise<void> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) return checkWritable(dirname(path));
    throw new ConnectorError(`${path} cannot be written (${code}): give it to the user this runs as`, {
      code: 'store.read_only',
      exitCode: ExitCode.config,
      cause,
    });
  }
}

async function checkSources(config: ConnectorConfig, machine: Machine, report: Report): Promise<void> {
  const lastError: { message?: string } = {};
  const apis = await openApis(config.sources, { ...machine, log: keepingLast(lastError) });
  try {
    for (const source of config.sources) {
      await report.attempt(`source ${source.id}`, () =>
        checkSource(source, apis.apiFor(source), machine, lastError),
      );
    }
  } finally {
    await apis.close();
  }
}

async function checkSource(
  source: SourceConfig,
  api: AuditLogApi,
  machine: Machine,
  lastError: { message?: string },
): Promise<string> {
  const { clock, host } = machine;
  const to = fromMs(clock.nowMs());
  const search = {
    from: formatTimestamp(to - 90n * 86_400_000_000_000n),
    to: formatTimestamp(to),
    page: 1,
    perPage: 1,
  };
  const { signal, done } = clock.deadline(ANSWER_WITHIN_MS, host.stopping);
  try {
    const { entries } = await api.search(search, 'live', signal);
    const found =
      entries.length > 0 ? 'there are entries in the last 90 days' : 'no entries in the last 90 days';
    return `${source.baseUrl} accepts the PAT for ${source.userId}; ${found}`;
  } catch (error) {
    if (!signal.aborted || host.stopping.aborted) throw error;
    const why = lastError.message ?? 'no answer';
    throw new ConnectorError(
      `${source.baseUrl} gave no usable answer in ${ANSWER_WITHIN_MS / 1000} s: ${why}`,
      {
        code: 'check.no_answer',
        cause: error,
      },
    );
  } finally {
    done();
  }
}

/** A log that prints nothing and keeps the message of the last error told to it. */
function keepingLast(kept: { message?: string }): Log {
  const keep = (fields: object): void => {
    const { err } = fields as { err?: unknown };
    if (err instanceof Error) kept.message = err.message;
  };
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  return log;
}
