import { openConfig, readStore } from '../connector/session.ts';
import { readStatus, type SourceStatus } from '../connector/status.ts';
import type { Span } from '../event/span.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import { ExitCode } from '../runtime/errors.ts';
import { formatSeconds } from '../runtime/quantity.ts';
import type { Host } from './host.ts';
import type { CommonOptions } from './program.ts';
import { table } from './table.ts';

/** Options of `status`. */
export interface StatusOptions extends CommonOptions {
  readonly json?: boolean;
}

/** `status`: coverage, lag, cursors and dead letters, from what is stored; takes no lock. */
export async function execute(options: StatusOptions, host: Host): Promise<number> {
  const { config, machine } = await openConfig(options.config, host);
  const sources = await readStatus(config, readStore(config), machine.clock, machine.random);
  const text = options.json
    ? `${JSON.stringify({ sources: sources.map(toJson) }, null, 2)}\n`
    : toText(sources);
  await host.writeOut(text);
  return ExitCode.done;
}

const spanJson = ({ from, to }: Span): object => ({ from: formatTimestamp(from), to: formatTimestamp(to) });

function toJson({ source, journal, sinks }: SourceStatus): object {
  return {
    source,
    journal:
      journal === undefined
        ? null
        : {
            chain_id: journal.chainId,
            head: journal.head,
            head_sha256: journal.headHash,
            written: journal.written,
            same_source: journal.sameSource,
            start: formatTimestamp(journal.start),
            coverage: journal.coverage.map(spanJson),
            uncovered: journal.uncovered.map(spanJson),
            gaps: journal.gaps.map(spanJson),
            trimmed: journal.trimmed.map(spanJson),
            lag_seconds: Math.round(journal.lagMs / 1000),
            bytes: journal.bytes,
          },
    sinks: sinks.map(({ sink, position, lagSegments, deadLetters }) => ({
      sink,
      position: position ?? null,
      lag_segments: lagSegments,
      dead_letters: deadLetters,
    })),
  };
}

function toText(sources: readonly SourceStatus[]): string {
  const rows = sources.map(({ source, journal }) => {
    if (journal === undefined) return [source, 'no run yet', '', '', '', ''];
    const newest = journal.coverage.at(-1)?.to;
    return [
      source,
      newest === undefined ? 'nothing read yet' : formatTimestamp(newest),
      formatSeconds(journal.lagMs / 1000),
      String(journal.uncovered.length),
      `${journal.head + 1}`,
      megabytes(journal.bytes),
    ];
  });
  const head = ['SOURCE', 'READ UP TO', 'LAG', 'UNCOVERED SPANS', 'SEGMENTS', 'SIZE'];
  const sinkRows = sources.flatMap(({ source, sinks }) =>
    sinks.map(({ sink, position, lagSegments, deadLetters }) => [
      source,
      sink,
      position === undefined ? 'not begun' : `${position.segment}:${position.line}`,
      String(lagSegments),
      String(deadLetters),
    ]),
  );
  const sinkHead = ['SOURCE', 'SINK', 'NEXT (SEGMENT:LINE)', 'SEGMENTS BEHIND', 'DEAD LETTERS'];
  return `${table([head, ...rows])}\n${table([sinkHead, ...sinkRows])}${sources.map(spansOf).join('')}`;
}

function spansOf({ source, journal }: SourceStatus): string {
  if (journal === undefined) return '';
  const lines = [
    ...(journal.sameSource
      ? []
      : ['  base_url, user_id or filter differ from what the journal was begun with: use a new source id']),
    ...describe('not read yet', journal.uncovered),
    ...describe('possible gap, the API no longer showed it', journal.gaps),
    ...describe('removed by retention', journal.trimmed),
  ];
  return lines.length === 0 ? '' : `\n${source}\n${lines.join('\n')}\n`;
}

/** Spans that are told one by one; the rest is counted. */
const MOST_SPANS = 10;

function describe(what: string, spans: readonly Span[]): string[] {
  const lines = spans
    .slice(0, MOST_SPANS)
    .map(({ from, to }) => `  ${what}: ${formatTimestamp(from)} to ${formatTimestamp(to)}`);
  return spans.length > MOST_SPANS ? [...lines, `  … and ${spans.length - MOST_SPANS} more`] : lines;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
