import type { ActivityReport } from '../connector/activity.ts';
import { type Html, html } from './html.ts';
import { clockTime } from './times.ts';

/** Height of the bars of an hour chart, pixels. */
const HEIGHT = 96;

/** Event types that are shown one by one; the rest is added up. */
const MOST_TYPES = 8;

/** `1,234,567`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** Entries by hour as bars, with the same as a table for those who do not see them. */
export function hourChart(hours: ActivityReport['hours'], id: string): Html {
  const total = hours.reduce((sum, { entries }) => sum + entries, 0);
  if (total === 0) return html`<p class="muted">No entries yet.</p>`;
  const most = Math.max(1, ...hours.map(({ entries }) => entries));
  const step = 100 / hours.length;
  const bars = hours.map(({ startMs, entries }, i) => {
    const height = entries === 0 ? 1 : Math.max(3, Math.round((entries / most) * HEIGHT));
    const kind = entries === 0 ? 'bar none' : 'bar';
    const x = Math.round((i * step + step * 0.12) * 1000) / 1000;
    return html`<rect class="${kind}" x="${x}%" y="${HEIGHT - height}" width="${Math.round(step * 760) / 1000}%" height="${height}"><title>${clockTime(startMs)}: ${grouped(entries)}</title></rect>`;
  });
  const label = `${grouped(total)} entries in the last ${hours.length} hours, at most ${grouped(most)} in one hour`;
  const ticks = [0, 6, 12, 18].map((i) => html`<span>${clockTime(hours[i]?.startMs ?? 0)}</span>`);
  return html`<p class="most" aria-hidden="true">${grouped(most)}</p>
<svg class="hours" width="100%" height="${HEIGHT}" role="img" aria-label="${label}">${bars}</svg>
<div class="axis" aria-hidden="true">${ticks}<span>now</span></div>
<details id="${id}"><summary>Hours as a table</summary>${hourTable(hours)}</details>`;
}

function hourTable(hours: ActivityReport['hours']): Html {
  const rows = hours.map(
    ({ startMs, entries }) =>
      html`<tr><th scope="row">${clockTime(startMs)}</th><td class="number">${grouped(entries)}</td></tr>`,
  );
  return html`<table class="plain"><thead><tr><th scope="col">Hour (UTC)</th><th scope="col" class="number">Entries</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The most frequent event types, each with a bar. */
export function typeTable(types: ActivityReport['types']): Html {
  if (types.length === 0) return html`<p class="muted">No entries yet.</p>`;
  const shown = types.slice(0, MOST_TYPES);
  const rest = types.slice(MOST_TYPES);
  const most = types[0]!.entries;
  const rows = shown.map(({ name, entries }) => typeRow(name, entries, most));
  const restCount = rest.reduce((sum, { entries }) => sum + entries, 0);
  const restRow = rest.length === 0 ? undefined : typeRow(`${rest.length} more types`, restCount, most);
  return html`<table class="types"><thead><tr><th scope="col">Event type</th><th scope="col" class="share"><span class="hidden">Share</span></th><th scope="col" class="number">Entries</th></tr></thead><tbody>${rows}${restRow}</tbody></table>`;
}

function typeRow(name: string, entries: number, most: number): Html {
  const width = Math.min(100, Math.max(1, Math.round((entries / most) * 100)));
  return html`<tr><th scope="row">${name.replaceAll('_', ' ').toLowerCase()}</th><td class="share"><svg width="100%" height="10" aria-hidden="true"><rect class="bar" width="${width}%" height="10" /></svg></td><td class="number">${grouped(entries)}</td></tr>`;
}
