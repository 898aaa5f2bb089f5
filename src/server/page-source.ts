import type { LiveStatus } from '../connector/live-status.ts';
import { type Problem, problemsOf } from '../connector/problems.ts';
import type { JournalStatus, SinkStatus, SourceLive, SourceStatus } from '../connector/status.ts';
import type { Span } from '../event/span.ts';
import { subtractSpans, totalLength, unionSpans } from '../event/span-set.ts';
import { formatBytes, formatSeconds } from '../runtime/quantity.ts';
import { grouped, hourChart, typeTable } from './charts.ts';
import { type Html, type HtmlValue, html } from './html.ts';
import { type Stretch, timeline } from './timeline.ts';
import { dateTime, dayText, msOf, timeElement } from './times.ts';

const DAY_MS = 86_400_000;

/** Spans that are listed one by one. */
const MOST_SPANS = 20;

/** Kinds of badges, each with a sign of its own: colour alone says nothing. */
export type BadgeKind = 'good' | 'warn' | 'bad' | 'calm';

const SIGNS: Readonly<Record<BadgeKind, string>> = { good: '✓', warn: '!', bad: '✕', calm: '·' };

/** A word with its sign. */
export function badge(kind: BadgeKind, text: string): Html {
  return html`<span class="badge ${kind}"><span aria-hidden="true">${SIGNS[kind]}</span> ${text}</span>`;
}

/** One source of the status page: how late, what is read, its sinks, what came in. */
export function sourceSection(status: LiveStatus, source: SourceStatus): Html {
  const { journal, live } = source;
  const id = `source-${source.source}`;
  if (journal === undefined || live === undefined) return html``;
  const own = problemsOf(status).filter((problem) => problem.source === source.source);
  return html`<section class="source" aria-labelledby="${id}">
<div class="heading"><h2 id="${id}">${source.source}</h2>${sourceBadge(own)}</div>
${tiles(journal, live, status)}
<h3>What is read</h3>
${strips(journal, live, status.nowMs)}
${legend(journal, live)}
${spanList(journal, live, id)}
<h3>Sinks</h3>
${sinkTable(source.sinks, status.nowMs)}
<div class="columns">
<div><h3>Entries an hour, last 24 hours</h3>${hourChart(live.hours, `${id}-hours`)}</div>
<div><h3>Event types, last 24 hours</h3>${typeTable(live.types)}</div>
</div>
</section>`;
}

function sourceBadge(problems: readonly Problem[]): Html {
  if (problems.some(({ code }) => code === 'refused')) return badge('bad', 'refused');
  if (problems.some(({ severity }) => severity === 'not-ready')) return badge('bad', 'not up to date');
  if (problems.some(({ severity }) => severity === 'error')) return badge('bad', 'needs attention');
  if (problems.length > 0) return badge('warn', 'working, see above');
  return badge('good', 'up to date');
}

function tile(name: string, value: HtmlValue, detail: HtmlValue): Html {
  return html`<div><dt>${name}</dt><dd class="value">${value}</dd><dd class="detail">${detail}</dd></div>`;
}

function tiles(journal: JournalStatus, live: SourceLive, { nowMs, startedMs }: LiveStatus): Html {
  const end = journal.coverage.at(-1)?.to;
  const open = totalSeconds(journal.uncovered);
  const entries = live.hours.reduce((sum, hour) => sum + hour.entries, 0);
  const writtenMs = Date.parse(journal.written);
  const age = formatSeconds((nowMs - writtenMs) / 1000);
  return html`<dl class="tiles">
${tile(
  'Behind by',
  end === undefined ? '–' : formatSeconds(journal.lagMs / 1000),
  end === undefined ? 'nothing is read yet' : html`read up to ${timeElement(msOf(end), nowMs)}`,
)}
${tile(
  'Still to read',
  open === 0 ? 'nothing' : formatSeconds(open),
  open === 0
    ? `complete since ${dayText(msOf(journal.start))}`
    : `of event time${live.refused === undefined ? ', being read' : ': it waits'}`,
)}
${tile(
  'Entries, last 24 h',
  grouped(entries),
  html`counted since the start, ${timeElement(startedMs, nowMs)}`,
)}
${tile(
  'Head of the chain',
  `#${grouped(journal.head)}`,
  html`<abbr title="SHA-256 ${journal.headHash}"><code>${journal.headHash.slice(0, 12)}…</code></abbr>, ${age} old`,
)}
${tile('Journal', formatBytes(journal.bytes), html`last written ${timeElement(writtenMs, nowMs)}`)}
</dl>`;
}

function strips(journal: JournalStatus, live: SourceLive, nowMs: number): Html {
  const all = { fromMs: Math.min(msOf(journal.start), nowMs - 60_000), toMs: nowMs };
  const day = { fromMs: nowMs - DAY_MS, toMs: nowMs };
  const facts = {
    coverage: journal.coverage,
    gaps: journal.gaps,
    trimmed: journal.trimmed,
    reconciled: live.reconciled,
    late: live.late,
  };
  const strip = (title: string, stretch: Stretch): Html => {
    const label = `${title}: ${describe(facts.coverage, facts.gaps, stretch)}`;
    return html`<p class="strip-title">${title}</p>${timeline(facts, stretch, label)}`;
  };
  const since = `Since ${dateTime(all.fromMs)}`;
  if (all.fromMs >= day.fromMs) return strip(since, all);
  return html`${strip('Last 24 hours', day)}${strip(since, all)}`;
}

/** How much of a stretch is read, in words. */
function describe(coverage: readonly Span[], gaps: readonly Span[], { fromMs, toMs }: Stretch): string {
  const whole = { from: BigInt(Math.floor(fromMs)) * 1_000_000n, to: BigInt(Math.floor(toMs)) * 1_000_000n };
  const open = subtractSpans(whole, unionSpans(coverage, gaps));
  const percent = 100 - (100 * Number(totalSeconds(open))) / ((toMs - fromMs) / 1000);
  const gap = gaps.length === 0 ? '' : `, ${gaps.length} possible gaps`;
  return `${percent.toFixed(1)} percent read, ${formatSeconds(totalSeconds(open))} not read${gap}`;
}

/** What the colours mean, as far as they occur. */
function legend(journal: JournalStatus, live: SourceLive): Html {
  const items = [
    { kind: 'covered', text: 'read', shown: true },
    { kind: 'open', text: 'not read yet', shown: true },
    { kind: 'gap', text: 'possible gap', shown: journal.gaps.length > 0 },
    { kind: 'trimmed', text: 'read, then removed by retention', shown: journal.trimmed.length > 0 },
    { kind: 'reconciled', text: 'reconciled since the start', shown: live.reconciled.length > 0 },
    { kind: 'late', text: 'late entries, found since the start', shown: live.late.length > 0 },
  ].filter(({ shown }) => shown);
  return html`<ul class="legend">${items.map(({ kind, text }) => html`<li><svg width="18" height="14" aria-hidden="true">${swatch(kind)}</svg>${text}</li>`)}</ul>`;
}

function swatch(kind: string): Html {
  if (kind === 'late') return html`<path class="late" d="M4 2h10l-5 9z" />`;
  if (kind === 'reconciled') return html`<rect class="reconciled" y="5" width="18" height="5" />`;
  const hatch = kind === 'open' ? html`<rect width="18" height="14" fill="url(#open-hatch)" />` : undefined;
  return html`<rect class="${kind}" width="18" height="14" />${hatch}`;
}

function spanList(journal: JournalStatus, live: SourceLive, id: string): Html {
  const rows = [
    ...spanRows('could not be read, tried every hour', live.holes),
    ...spanRows('possible gap', journal.gaps),
    ...spanRows('not read yet', journal.uncovered),
    ...live.late.map(({ span, entries }) => spanRow(`${grouped(entries)} late entries found`, span)),
    ...spanRows('read', journal.coverage),
    ...spanRows('reconciled', live.reconciled),
  ];
  const more =
    rows.length > MOST_SPANS
      ? html`<p class="muted">${rows.length - MOST_SPANS} more in status.json</p>`
      : undefined;
  return html`<details id="${id}-spans"><summary>Spans as a table</summary><table class="plain"><thead><tr><th scope="col">What</th><th scope="col">From (UTC)</th><th scope="col">To (UTC)</th></tr></thead><tbody>${rows.slice(0, MOST_SPANS)}</tbody></table>${more}</details>`;
}

function spanRows(what: string, spans: readonly Span[]): Html[] {
  return [...spans].reverse().map((span) => spanRow(what, span));
}

function spanRow(what: string, { from, to }: Span): Html {
  const text = (at: bigint): string => new Date(msOf(at)).toISOString().slice(0, 19).replace('T', ' ');
  return html`<tr><th scope="row">${what}</th><td>${text(from)}</td><td>${text(to)}</td></tr>`;
}

const STATES: Readonly<Record<string, readonly [BadgeKind, string]>> = {
  starting: ['calm', 'starting'],
  running: ['good', 'delivering'],
  retrying: ['warn', 'retrying'],
  stopped: ['bad', 'stopped'],
  fenced: ['bad', 'another process ships'],
  closed: ['calm', 'closed'],
};

function sinkTable(sinks: readonly SinkStatus[], nowMs: number): Html {
  if (sinks.length === 0) return html`<p class="muted">No sink takes this source.</p>`;
  const rows = sinks.map((sink) => sinkRow(sink, nowMs));
  return html`<table class="sinks"><thead><tr><th scope="col">Sink</th><th scope="col">State</th><th scope="col">Behind by</th><th scope="col">Last delivered</th><th scope="col">Refused for good</th><th scope="col">Last error</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function sinkRow({ sink, live, lagSegments, deadLetters }: SinkStatus, nowMs: number): Html {
  const [kind, text] = STATES[live?.state ?? 'closed'] ?? ['calm', 'unknown'];
  const lag = live?.lagMs === undefined ? '' : `${formatSeconds(live.lagMs / 1000)}, `;
  const behind = lagSegments === 0 ? 'nothing' : `${lag}${grouped(lagSegments)} segments`;
  const success = live?.lastSuccess;
  const error =
    live?.lastErrorCode === undefined
      ? 'none'
      : html`<span><code>${live.lastErrorCode}</code>, ${timeElement(Date.parse(live.lastErrorAt!), nowMs)}</span>`;
  return html`<tr><th scope="row">${sink}</th>
<td data-label="State">${badge(kind, text)}</td>
<td data-label="Behind by">${behind}</td>
<td data-label="Last delivered">${success === undefined ? 'not since the start' : timeElement(Date.parse(success), nowMs)}</td>
<td data-label="Refused for good">${deadLetters === 0 ? '0' : badge('bad', grouped(deadLetters))}</td>
<td data-label="Last error">${error}</td></tr>`;
}

function totalSeconds(spans: readonly Span[]): number {
  return Number(totalLength(spans) / 1_000_000n) / 1000;
}
