import { describe, expect, it } from 'vitest';
import { PrometheusMetrics } from '../../src/server/prometheus.ts';

const IDS = {
  sources: ['acme', 'globex'],
  shipped: [{ sink: 'local', source: 'acme' }],
};

describe('prometheus metrics', () => {
  it('counters and histograms of known ids show 0 before anything happens', async () => {
    const text = await new PrometheusMetrics(IDS).render();
    expect(text).toContain('clarifai_siem_source_throttled_total{source="globex"} 0\n');
    expect(text).toContain(
      'clarifai_siem_sink_records_total{sink="local",source="acme",outcome="refused"} 0\n',
    );
    expect(text).toContain('clarifai_siem_sink_batch_duration_seconds_count{sink="local",source="acme"} 0\n');
    expect(text).not.toContain('sink="local",source="globex"');
  });

  it('counts, sets and observes', async () => {
    const metrics = new PrometheusMetrics(IDS);
    metrics.count('clarifai_siem_source_throttled_total', { source: 'acme' });
    metrics.count('clarifai_siem_source_throttled_total', { source: 'acme' }, 2);
    metrics.gauge('clarifai_siem_dead_letters', 7, { sink: 'local', source: 'acme' });
    metrics.observe('clarifai_siem_sink_batch_duration_seconds', 0.3, { sink: 'local', source: 'acme' });
    const text = await metrics.render();
    expect(text).toContain('clarifai_siem_source_throttled_total{source="acme"} 3\n');
    expect(text).toContain('clarifai_siem_dead_letters{sink="local",source="acme"} 7\n');
    expect(text).toContain(
      'clarifai_siem_sink_batch_duration_seconds_bucket{le="0.5",sink="local",source="acme"} 1\n',
    );
  });

  it('a value that no list names adds no series of its own, and never throws', async () => {
    const metrics = new PrometheusMetrics(IDS);
    for (let i = 0; i < 50; i++) {
      metrics.count('clarifai_siem_source_requests_total', { source: 'acme', outcome: `made-up-${i}` });
      metrics.count('clarifai_siem_journal_retries_total', { source: 'acme', code: `store.made_up_${i}` });
    }
    metrics.count('no_such_metric' as never);
    const text = await metrics.render();
    expect(text).toContain('clarifai_siem_source_requests_total{source="acme",outcome="other"} 50\n');
    expect(text).toContain('clarifai_siem_journal_retries_total{source="acme",code="other"} 50\n');
    expect(text).not.toContain('made');
  });
});
