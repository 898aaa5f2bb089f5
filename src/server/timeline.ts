import type { LateFind } from '../connector/activity.ts';
import type { Span } from '../event/span.ts';
import { type Html, html } from './html.ts';
import { clockTime, dayText, msOf } from './times.ts';

/** What a timeline shows of a source, all in event time. */
export interface TimelineFacts {
  readonly coverage: readonly Span[];
  readonly gaps: readonly Span[];
  readonly trimmed: readonly Span[];
  readonly reconciled: readonly Span[];
  readonly late: readonly LateFind[];
}

/** The stretch of event time that a timeline is drawn over, milliseconds. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 86_400_000;

/** Height of the drawing, pixels: marks of late finds, the bar, the line of what was reconciled. */
const HEIGHT = 44;
const BAR_TOP = 12;
const BAR_HEIGHT = 22;
const LINE_TOP = 38;

/** Nothing that matters is drawn narrower than this, percent: a minute in ninety days has to be seen. */
const LEAST_WIDTH = 0.5;

/**
 * Event time as a bar: read, not read, a possible gap; above it marks for late finds, below it a line for what was
 * reconciled. Positions are attributes in percent: it has no script and no style of its own, and scales.
 *
 * @param label what it shows, for those who cannot see it
 */
export function timeline(facts: TimelineFacts, stretch: Stretch, label: string): Html {
  const rects = (spans: readonly Span[], kind: string, least: number): Html[] =>
    spans.map((span) => rect(span, stretch, kind, least)).filter((each) => each !== undefined);
  const line = facts.reconciled.map((span) => rect(span, stretch, 'reconciled', LEAST_WIDTH));
  const marks = facts.late.map(({ span, entries }) => mark(span, entries, stretch));
  return html`<svg class="timeline" width="100%" height="${HEIGHT}" role="img" aria-label="${label}">
<rect class="open" x="0" y="${BAR_TOP}" width="100%" height="${BAR_HEIGHT}" />
<rect class="hatch" x="0" y="${BAR_TOP}" width="100%" height="${BAR_HEIGHT}" fill="url(#open-hatch)" />
${rects(facts.coverage, 'covered', 0)}
${rects(facts.trimmed, 'trimmed', 0)}
${openings(facts, stretch)}
${rects(facts.gaps, 'gap', LEAST_WIDTH)}
${line}
${marks}
</svg>
${axis(stretch)}`;
}

/** The pattern that {@link timeline} fills what is not read with; once in a document. */
export const TIMELINE_PATTERNS: Html = html`<svg width="0" height="0" class="defs" aria-hidden="true"><defs>
<pattern id="open-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect class="hatch-line" width="3" height="8" /></pattern></defs></svg>`;

/** Holes inside of coverage again, on top of it, so that narrow ones are seen. */
function openings({ coverage }: TimelineFacts, stretch: Stretch): Html[] {
  const found: Html[] = [];
  for (let i = 1; i < coverage.length; i++) {
    const span = { from: coverage[i - 1]!.to, to: coverage[i]!.from };
    if (percent(span, stretch).width >= LEAST_WIDTH) continue;
    const drawn = rect(span, stretch, 'open-narrow', LEAST_WIDTH);
    if (drawn !== undefined) found.push(drawn);
  }
  return found;
}

function rect(span: Span, stretch: Stretch, kind: string, least: number): Html | undefined {
  const { x, width } = percent(span, stretch);
  if (width <= 0) return undefined;
  const drawn = Math.max(width, least);
  const left = Math.min(x, 100 - drawn);
  const [y, height] = kind === 'reconciled' ? [LINE_TOP, 5] : [BAR_TOP, BAR_HEIGHT];
  return html`<rect class="${kind}" x="${round(left)}%" y="${y}" width="${round(drawn)}%" height="${height}" />`;
}

function mark(span: Span, entries: number, stretch: Stretch): Html | undefined {
  const { x, width } = percent(span, stretch);
  if (width <= 0) return undefined;
  return html`<svg x="${round(x + width / 2)}%" y="0" class="mark"><path class="late" d="M-5 0h10l-5 9z"><title>${entries} late</title></path></svg>`;
}

/** Where a span lies; a width of 0 or less is outside. */
function percent(span: Span, { fromMs, toMs }: Stretch): { x: number; width: number } {
  const from = Math.max(msOf(span.from), fromMs);
  const to = Math.min(Math.max(msOf(span.to), msOf(span.from) + 1), toMs);
  const scale = 100 / (toMs - fromMs);
  return { x: (from - fromMs) * scale, width: (to - from) * scale };
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** Five times below the bar; days when it is long, times of day when it is not. */
function axis({ fromMs, toMs }: Stretch): Html {
  const text = toMs - fromMs > 3 * DAY_MS ? dayText : clockTime;
  const labels = [0, 0.25, 0.5, 0.75].map((share) => text(fromMs + (toMs - fromMs) * share));
  return html`<div class="axis" aria-hidden="true">${[...labels, 'now'].map((each) => html`<span>${each}</span>`)}</div>`;
}
