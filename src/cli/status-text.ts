import type { SinkJson, SourceJson, SpanJson, StatusJson } from '../connector/status-json.ts';
import { formatBytes, formatSeconds } from '../runtime/quantity.ts';
import { table } from './table.ts';

/** Spans that are told one by one; the rest is counted. */
const MOST_SPANS = 10;

/** Event types that are told one by one. */
const MOST_TYPES = 5;

/** A status for people: what the status page shows, as text. */
export function statusText(status: StatusJson): string {
  const { sources } = status;
  const live = status.process !== null;
  return [
    headline(status),
    table([SOURCE_HEAD, ...sources.map(sourceRow)]),
    table([
      live ? [...SINK_HEAD, ...LIVE_SINK_HEAD] : SINK_HEAD,
      ...sources.flatMap(({ source, sinks }) => sinks.map((sink) => sinkRow(source, sink))),
    ]),
    ...sources.map(details).filter((text) => text !== ''),
  ].join('\n');
}

function headline({ process }: StatusJson): string {
  if (process === null) return 'Read from the store: no process answers on the configured port.\n';
  const { version, started, ready, problems } = process;
  const lines = problems.map(({ code, severity, source, sink, text }) => {
    const place = [source, sink].filter((each) => each !== undefined).join(' → ');
    return `  ${severity}: ${place === '' ? '' : `${place}: `}${text} (operations.md#${code})\n`;
  });
  const state = ready ? 'ready' : 'not ready';
  return `Version ${version}, running since ${second(started)}: ${state}.\n${lines.join('')}`;
}

const SOURCE_HEAD = ['SOURCE', 'READ UP TO', 'LAG', 'NOT READ', 'HEAD', 'HEAD SHA-256', 'WRITTEN', 'SIZE'];

function sourceRow({ source, journal }: SourceJson): string[] {
  if (journal === null) return [source, 'no run yet', '', '', '', '', '', ''];
  const newest = journal.coverage.at(-1)?.to;
  return [
    source,
    newest === undefined ? 'nothing read yet' : second(newest),
    newest === undefined ? '' : formatSeconds(journal.lag_seconds),
    secondsOf(journal.uncovered) === 0 ? 'nothing' : formatSeconds(secondsOf(journal.uncovered)),
    String(journal.head),
    `${journal.head_sha256.slice(0, 12)}…`,
    second(journal.written),
    formatBytes(journal.bytes),
  ];
}

const SINK_HEAD = ['SOURCE', 'SINK', 'NEXT (SEGMENT:LINE)', 'SEGMENTS BEHIND', 'DEAD LETTERS'];
const LIVE_SINK_HEAD = ['STATE', 'LAG', 'LAST DELIVERED', 'LAST ERROR'];

function sinkRow(source: string, sink: SinkJson): string[] {
  const { position, lag_segments, dead_letters, state, lag_seconds, last_success, last_error } = sink;
  const next = position === null ? 'not begun' : `${position.segment}:${position.line}`;
  const stored = [source, sink.sink, next, String(lag_segments), String(dead_letters)];
  if (state === undefined) return stored;
  return [
    ...stored,
    state,
    typeof lag_seconds === 'number' ? formatSeconds(lag_seconds) : 'not known',
    last_success ? second(last_success) : 'not since the start',
    last_error ? `${last_error.code} at ${second(last_error.at)}` : 'none',
  ];
}

/** What a source has to tell beyond a line of the table; empty when there is nothing. */
function details({ source, journal, live }: SourceJson): string {
  if (journal === null) return '';
  const lines = [
    ...(journal.same_source
      ? []
      : ['  base_url, user_id or filter differ from what the journal was begun with: use a new source id']),
    ...describe('not read yet', journal.uncovered),
    ...describe('possible gap, the API no longer showed it', journal.gaps),
    ...describe('removed by retention', journal.trimmed),
    ...(live === undefined ? [] : liveLines(live)),
  ];
  return lines.length === 0 ? '' : `${source}\n${lines.join('\n')}\n`;
}

function liveLines(live: NonNullable<SourceJson['live']>): string[] {
  const { entries_by_hour: hours, entries_by_type: types } = live;
  const total = hours.reduce((sum, { entries }) => sum + entries, 0);
  const most = Math.max(0, ...hours.map(({ entries }) => entries));
  const named = types.slice(0, MOST_TYPES).map(({ type, entries }) => `${type} ${entries}`);
  const rest = types.length > MOST_TYPES ? [`${types.length - MOST_TYPES} more types`] : [];
  return [
    ...describe('could not be read, tried again every hour', live.holes),
    ...describe('late entries found', live.late),
    ...describe('reconciled since the start', live.reconciled),
    `  entries of the last 24 hours, counted since the start: ${total}, at most ${most} in an hour`,
    ...(named.length === 0 ? [] : [`  by event type: ${[...named, ...rest].join(', ')}`]),
  ];
}

function describe(what: string, spans: readonly SpanJson[]): string[] {
  const lines = spans.slice(0, MOST_SPANS).map(({ from, to }) => `  ${what}: ${from} to ${to}`);
  return spans.length > MOST_SPANS ? [...lines, `  … and ${spans.length - MOST_SPANS} more`] : lines;
}

function secondsOf(spans: readonly SpanJson[]): number {
  return spans.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from)) / 1000, 0);
}

/** An RFC 3339 time without its fraction. */
function second(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
