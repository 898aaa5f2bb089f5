/** Labels of one measurement. Values come from fixed sets (source ids, sink ids, outcomes), never from entries. */
export type Labels = Readonly<Record<string, string>>;

/**
 * Where the core counts what happens to it. Names follow Prometheus: `snake_case`, unit as suffix, `_total` for
 * counters; all start with `clarifai_siem_`.
 */
export interface Metrics {
  /** Adds `by` (default 1) to a counter. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Sets a gauge. */
  gauge(name: string, value: number, labels?: Labels): void;
}

/** {@link Metrics} in memory. `snapshot` is what `status`, tests and the metrics endpoint read. */
export class MemoryMetrics implements Metrics {
  readonly #values = new Map<string, number>();

  count(name: string, labels: Labels = {}, by = 1): void {
    const key = seriesKey(name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    this.#values.set(seriesKey(name, labels), value);
  }

  /** The value of one series; 0 when nothing was recorded. */
  value(name: string, labels: Labels = {}): number {
    return this.#values.get(seriesKey(name, labels)) ?? 0;
  }

  /** All series, as `name{label="value"}` to value. */
  snapshot(): ReadonlyMap<string, number> {
    return this.#values;
  }
}

function seriesKey(name: string, labels: Labels): string {
  const parts = Object.keys(labels)
    .sort()
    .map((key) => `${key}="${labels[key]}"`);
  return parts.length === 0 ? name : `${name}{${parts.join(',')}}`;
}
