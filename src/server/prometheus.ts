import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import { METRICS, type MetricDeclaration, type MetricName } from '../runtime/metric-table.ts';
import { boundLabels, type Labels, type Metrics } from '../runtime/metrics.ts';

/** Ids that stand in labels. */
export interface MetricIds {
  readonly sources: readonly string[];
  /** Each sink with each source that it takes. */
  readonly shipped: readonly { readonly sink: string; readonly source: string }[];
}

/**
 * {@link Metrics} in Prometheus' text format, by prom-client. Holds exactly what {@link METRICS} declares; what it
 * does not is dropped, since counting must never end a delivery.
 */
export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, [Counter, MetricDeclaration]>();
  readonly #gauges = new Map<string, [Gauge, MetricDeclaration]>();
  readonly #histograms = new Map<string, [Histogram, MetricDeclaration]>();
  /** Histograms that show 0 or more, each with its labels. */
  readonly #shown = new Set<string>();

  /** @param ids see {@link expect} */
  constructor(ids: MetricIds) {
    for (const metric of METRICS) this.#declare(metric);
    this.expect(ids);
  }

  /**
   * Shows counters of `ids` from now on, those that are new with 0: a counter that appears with 1 hides its first
   * increase. Gauges are forgotten: they are set anew by who runs now.
   */
  expect(ids: MetricIds): void {
    for (const [counter, metric] of this.#counters.values()) {
      for (const labels of labelSets(metric, ids)) counter.inc(labels, 0);
    }
    for (const [histogram, metric] of this.#histograms.values()) {
      for (const labels of labelSets(metric, ids)) {
        const key = JSON.stringify([metric.name, labels]);
        if (!this.#shown.has(key)) histogram.zero(labels);
        this.#shown.add(key);
      }
    }
    for (const [gauge] of this.#gauges.values()) gauge.reset();
  }

  count(name: MetricName, labels: Labels = {}, by = 1): void {
    const found = this.#counters.get(name);
    if (found !== undefined && by >= 0) found[0].inc(boundLabels(found[1], labels, ignore), by);
  }

  gauge(name: MetricName, value: number, labels: Labels = {}): void {
    const found = this.#gauges.get(name);
    if (found !== undefined) found[0].set(boundLabels(found[1], labels, ignore), value);
  }

  observe(name: MetricName, value: number, labels: Labels = {}): void {
    const found = this.#histograms.get(name);
    if (found !== undefined) found[0].observe(boundLabels(found[1], labels, ignore), value);
  }

  /** Forgets what was computed for the last scrape: what is not known any more must not go on being shown. */
  beginScrape(): void {
    for (const [gauge, metric] of this.#gauges.values()) if (metric.scraped) gauge.reset();
  }

  /** `Content-Type` of {@link render}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All series in text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #declare(metric: MetricDeclaration): void {
    const { name, help, type, buckets } = metric;
    const options = { name, help, labelNames: Object.keys(metric.labels), registers: [this.#registry] };
    if (type === 'counter') this.#counters.set(name, [new Counter(options), metric]);
    else if (type === 'gauge') this.#gauges.set(name, [new Gauge(options), metric]);
    else this.#histograms.set(name, [new Histogram({ ...options, buckets: [...(buckets ?? [])] }), metric]);
  }
}

function ignore(): void {}

/** All label sets that a metric has by its declaration and the ids. */
function labelSets({ labels }: MetricDeclaration, { sources, shipped }: MetricIds): Labels[] {
  let sets: Labels[] = [{}];
  if (labels.sink !== undefined) sets = shipped.map(({ sink, source }) => ({ sink, source }));
  else if (labels.source !== undefined) sets = sources.map((source) => ({ source }));
  for (const [label, values] of Object.entries(labels)) {
    if (typeof values === 'string') continue;
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value })));
  }
  return sets;
}
