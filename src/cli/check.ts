import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import { openApis } from '../connector/api.ts';
import { type Machine, sinkDepsOf } from '../connector/machine.ts';
import { type ApiFindings, probeApi } from '../connector/probe.ts';
import { openConfig, readStore } from '../connector/session.ts';
import { readStatus } from '../connector/status.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { type Metrics, silentMetrics } from '../runtime/metrics.ts';
import { createSink } from '../sink/registry.ts';
import type { AuditLogApi } from '../source/api.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { table } from './table.ts';
import { VERSION } from './version.ts';

/** How long a source or sink may take for its answers, milliseconds. */
const ANSWER_WITHIN_MS = 20_000;

/** Options of `check`. */
export interface CheckOptions extends CommonOptions {
  readonly json?: boolean;
}

/**
 * `check`: tries config, journal, PAT and every sink for real, without leaving data, and tells how the API behaves.
 * Exit code: that of the first fault.
 */
export async function execute(options: CheckOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  const report = new Report(options.json ? undefined : host);
  await report.attempt('config', async () => {
    return `${options.config}: ${config.sources.length} source(s), ${config.sinks.length} sink(s)`;
  });
  await report.attempt('journal', () => checkJournal(config, machine));
  const found = await checkSources(config, machine, report);
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
  if (options.json) await host.writeOut(`${JSON.stringify(checkJson(report, found), null, 2)}\n`);
  else for (const each of found) await host.writeOut(`\n${findingsText(each)}`);
  return report.exitCode;
}

/** One thing that was tried. */
interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  /** Of the error. */
  readonly code?: string;
}

/** Keeps what was tried, with the exit code of the first that failed; on a host, prints a line for each. */
class Report {
  readonly #host: Host | undefined;
  readonly checks: Check[] = [];
  exitCode: number = ExitCode.done;

  constructor(host: Host | undefined) {
    this.#host = host;
  }

  async attempt(name: string, work: () => Promise<string>): Promise<void> {
    try {
      await this.#tell({ name, ok: true, message: await work() });
    } catch (error) {
      const known = error instanceof ConnectorError;
      if (this.exitCode === ExitCode.done) this.exitCode = known ? error.exitCode : ExitCode.unexpected;
      const message = error instanceof Error ? error.message : String(error);
      await this.#tell({ name, ok: false, message, ...(known ? { code: error.code } : {}) });
    }
  }

  async #tell(check: Check): Promise<void> {
    this.checks.push(check);
    await this.#host?.writeOut(`${check.ok ? 'ok  ' : 'FAIL'}  ${check.name}: ${check.message}\n`);
  }
}

/** What was found of the API of a source. */
interface Found {
  readonly source: SourceConfig;
  readonly findings: ApiFindings;
  /** How often it said "too many requests". */
  readonly throttled: number;
}

function checkJson({ checks, exitCode }: Report, found: readonly Found[]): object {
  return {
    version: VERSION,
    ok: exitCode === ExitCode.done,
    exit_code: exitCode,
    checks,
    sources: found.map(({ source, findings, throttled }) => ({
      source: source.id,
      requests: findings.requests,
      throttled,
      clock_skew_seconds: findings.clockSkewSeconds,
      page_size: { asked: findings.pageAsked, given: findings.pageGiven },
      ascending: findings.ascending,
      bounds: {
        from_inclusive: findings.fromInclusive,
        to_inclusive: findings.toInclusive,
        precision: findings.boundPrecision,
      },
      timestamp_digits: findings.timestampDigits,
      oldest: findings.oldest,
      answer_ms: findings.answerMs,
      requests_per_second: source.requestsPerSecond,
      entries_per_second: entriesPerSecond(source, findings),
    })),
  };
}

/** How the API of a source behaves, as a table: what, how, and what follows from it. */
function findingsText({ source, findings, throttled }: Found): string {
  const { pageAsked, pageGiven, clockSkewSeconds: skew, answerMs } = findings;
  const unknown = 'not to be told';
  const inclusive = (is: boolean | null): string => (is === null ? '?' : is ? 'included' : 'left out');
  const capped = pageGiven !== null && pageGiven < pageAsked;
  const rows: [string, string, string][] = [
    [
      'clock',
      skew === null
        ? unknown
        : skew === 0
          ? 'agrees'
          : `${Math.abs(skew)} s ${skew > 0 ? 'ahead' : 'behind'}`,
      Math.abs(skew ?? 0) > 30
        ? 'check the time service (NTP) of this machine'
        : 'of Clarifai, against this machine',
    ],
    [
      'page size',
      pageGiven === null ? 'all fits into a page' : `${pageGiven} of ${pageAsked}`,
      capped ? 'Clarifai gives smaller pages than page_size: reading adapts' : 'as asked for',
    ],
    [
      'order',
      findings.ascending === null ? unknown : findings.ascending ? 'oldest first' : 'not as asked',
      findings.ascending === false ? 'reading takes many more requests' : 'as asked for',
    ],
    [
      'bounds',
      `from ${inclusive(findings.fromInclusive)}, to ${inclusive(findings.toInclusive)}`,
      'asked for wider, cut here',
    ],
    ['bounds by', findings.boundPrecision ?? unknown, 'asked for wider, cut here'],
    [
      'event times',
      findings.timestampDigits === null ? unknown : `${findings.timestampDigits} digits of a second`,
      'kept to the nanosecond',
    ],
    ['oldest entry', findings.oldest ?? unknown, 'nothing older can be read'],
    [
      'answer time',
      `${answerMs} ms`,
      `${throttled === 0 ? 'not throttled' : `throttled ${throttled} times`}; ` +
        `up to ${entriesPerSecond(source, findings)} entries/s at ${source.requestsPerSecond} requests/s`,
    ],
  ];
  const head: [string, string, string] = [`source ${source.id}`, 'as Clarifai does it', 'what follows'];
  return table([head, ...rows]);
}

/** What backfill reads at best: the rate limit decides, several requests are under way at once. */
function entriesPerSecond(source: SourceConfig, { pageAsked, pageGiven }: ApiFindings): number {
  return Math.floor(source.requestsPerSecond * (pageGiven ?? pageAsked));
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

async function checkSources(
  config: ConnectorConfig,
  machine: Machine,
  report: Report,
): Promise<readonly Found[]> {
  const lastError: { message?: string } = {};
  const throttled = new Map<string, number>();
  const metrics: Metrics = {
    ...silentMetrics,
    count: (name, labels) => {
      const source = labels?.source ?? '';
      if (name === 'clarifai_siem_source_throttled_total')
        throttled.set(source, (throttled.get(source) ?? 0) + 1);
    },
  };
  const apis = await openApis(config.sources, { ...machine, metrics, log: keepingLast(lastError) });
  const all: Found[] = [];
  try {
    for (const source of config.sources) {
      await report.attempt(`source ${source.id}`, async () => {
        const findings = await checkSource(source, apis.apiFor(source), machine, lastError);
        all.push({ source, findings, throttled: throttled.get(source.id) ?? 0 });
        const { oldest } = findings;
        const shown = oldest === null ? 'it shows no entries yet' : `it shows entries since ${oldest}`;
        return `${source.baseUrl} accepts the PAT for ${source.userId}; ${shown}`;
      });
    }
  } finally {
    await apis.close();
  }
  return all;
}

async function checkSource(
  source: SourceConfig,
  api: AuditLogApi,
  machine: Machine,
  lastError: { message?: string },
): Promise<ApiFindings> {
  const { clock, host } = machine;
  const { signal, done } = clock.deadline(ANSWER_WITHIN_MS, host.stopping);
  try {
    return await probeApi(source, api, clock, signal);
  } catch (error) {
    if (!signal.aborted || host.stopping.aborted) throw error;
    const why = lastError.message ?? 'no answer';
    throw new ConnectorError(
      `${source.baseUrl} gave no usable answers in ${ANSWER_WITHIN_MS / 1000} s: ${why}`,
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
