import { type Html, html } from './html.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `14:05` in UTC. */
export function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}

/** `24 Nov` in UTC. */
export function dayText(ms: number): string {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** `24 Nov 2026, 14:05` in UTC. */
export function dateTime(ms: number): string {
  return `${dayText(ms)} ${new Date(ms).getUTCFullYear()}, ${clockTime(ms)}`;
}

/** An instant as an element that programs can read too: the time of day when it is of today, else with its date. */
export function timeElement(ms: number, nowMs: number): Html {
  const iso = new Date(ms).toISOString();
  const text = iso.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10) ? clockTime(ms) : dateTime(ms);
  return html`<time datetime="${iso}">${text}</time>`;
}

/** Milliseconds of an instant in nanoseconds. */
export function msOf(at: bigint): number {
  return Number(at / 1_000_000n);
}
