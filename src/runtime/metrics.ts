import { METRICS, type MetricDeclaration, type MetricName, OTHER } from './metric-table.ts';

/** Labels of one measurement. Values come from fixed sets (source ids, sink ids, outcomes), never from entries. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Where the core counts what happens to it. Every name, its labels and their values are declared in
 * {@link METRICS}. Calls never throw in production, and cost about a microsecond: per batch, request or commit, not
 * per entry.
 */
export interface Metrics {
  /** Adds `by` (default 1) to a counter. */
  count(name: MetricName, labels?: Labels, by?: number): void;
  /** Sets a gauge. */
  gauge(name: MetricName, value: number, labels?: Labels): void;
  /** Adds one observation to a histogram, in the unit of its name. */
  observe(name: MetricName, value: number, labels?: Labels): void;
}

/** {@link Metrics} that drop everything: for commands that nobody scrapes. */
export const silentMetrics: Metrics = { count() {}, gauge() {}, observe() {} };

/** {@link Metrics} in memory, for tests: what {@link METRICS} does not declare throws. */
export class MemoryMetrics implements Metrics {
  readonly #values = new Map<string, number>();

  count(name: MetricName, labels: Labels = {}, by = 1): void {
    const key = strictKey(name, 'counter', labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  gauge(name: MetricName, value: number, labels: Labels = {}): void {
    this.#values.set(strictKey(name, 'gauge', labels), value);
  }

  observe(name: MetricName, _value: number, labels: Labels = {}): void {
    const key = strictKey(name, 'histogram', labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + 1);
  }

  /** The value of one series; of a histogram, how many observations it holds. 0 when nothing was recorded. */
  value(name: MetricName, labels: Labels = {}): number {
    return this.#values.get(seriesKey(name, labels)) ?? 0;
  }
}

/**
 * The labels under which `metric` takes a measurement: values that its lists lack become {@link OTHER}.
 *
 * @param onFault told of labels that {@link METRICS} does not declare: a defect
 */
export function boundLabels(
  metric: MetricDeclaration,
  labels: Labels,
  onFault: (fault: string) => void,
): Labels {
  const bound: Record<string, string> = {};
  for (const label of Object.keys(metric.labels)) {
    const allowed = metric.labels[label]!;
    const value = labels[label];
    const known = value !== undefined && (typeof allowed === 'string' || allowed.includes(value));
    if (!known && (value === undefined || !allowed.includes(OTHER))) {
      onFault(`${metric.name}: ${label}="${value}" is not declared`);
    }
    bound[label] = known ? value : OTHER;
  }
  if (Object.keys(labels).length !== Object.keys(metric.labels).length) {
    onFault(`${metric.name} has the labels ${Object.keys(metric.labels)}, not ${Object.keys(labels)}`);
  }
  return bound;
}

const BY_NAME: ReadonlyMap<string, MetricDeclaration> = new Map(METRICS.map((each) => [each.name, each]));

/** Key of a series. Throws what {@link METRICS} does not declare. */
function strictKey(name: string, type: MetricDeclaration['type'], labels: Labels): string {
  const metric = BY_NAME.get(name);
  if (metric?.type !== type) throw new Error(`${name} is not declared as a ${type} in metric-table.ts`);
  return seriesKey(
    name,
    boundLabels(metric, labels, (fault) => {
      throw new Error(fault);
    }),
  );
}

function seriesKey(name: string, labels: Labels): string {
  const parts = Object.keys(labels)
    .sort()
    .map((key) => `${key}="${labels[key]}"`);
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}
