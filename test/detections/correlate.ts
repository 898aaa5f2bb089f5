import { type Event, valuesOf } from './match.ts';
import type { Correlation } from './rule.ts';

/** An event that a rule of the correlation matched. */
export interface Hit {
  /** `name` of the rule. */
  readonly rule: string;
  /** Event time in milliseconds since the epoch. */
  readonly atMs: number;
  readonly event: Event;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function timespanMs(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (unit === undefined) throw new Error(`Not a timespan: ${text}`);
  return Number(count) * UNIT_MS[unit]!;
}

/** What the correlation compares with its threshold, over the events of one window. */
function measure({ type, rules, condition }: Correlation, window: readonly Hit[]): boolean {
  if (type === 'temporal') return rules.every((rule) => window.some((hit) => hit.rule === rule));
  if (condition?.gte === undefined) throw new Error('Only thresholds "gte" are known here.');
  if (type === 'event_count') return window.length >= condition.gte;
  const path = condition.field!.split('.');
  return new Set(window.flatMap(({ event }) => valuesOf(event, path))).size >= condition.gte;
}

/**
 * How often a correlation fires on hits ordered by time. The window slides; after it fired it starts anew, so one
 * burst is one alert. Events without a field of `group-by` belong to no group.
 */
export function countCorrelation(correlation: Correlation, hits: readonly Hit[]): number {
  const spanMs = timespanMs(correlation.timespan);
  const paths = correlation['group-by'].map((field) => field.split('.'));
  const windows = new Map<string, Hit[]>();
  let fired = 0;
  for (const hit of hits) {
    const group = paths.map((path) => valuesOf(hit.event, path));
    if (group.some((values) => values.length === 0)) continue;
    const key = JSON.stringify(group);
    const window = [...(windows.get(key) ?? []), hit].filter(({ atMs }) => hit.atMs - atMs < spanMs);
    const fires = measure(correlation, window);
    if (fires) fired++;
    windows.set(key, fires ? [] : window);
  }
  return fired;
}
