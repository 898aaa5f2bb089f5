import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricDeclaration, type MetricName } from '../../src/runtime/metric-table.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';

const ALL: readonly MetricDeclaration[] = METRICS;
const DOC = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

/** A row of the table in docs/operations.md. */
function row({ name, type, labels, help }: MetricDeclaration): string {
  const names = Object.keys(labels).map((label) => `\`${label}\``);
  return `| \`${name}\` | ${type} | ${names.join(', ') || '–'} | ${help} |`;
}

describe('metric table', () => {
  it('declares each name once', () => {
    expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
  });

  it.each(ALL.map((each) => [each.name, each] as const))('%s follows the naming rules', (name, metric) => {
    expect(name).toMatch(/^(clarifai_siem|process)_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(metric.type === 'counter');
    expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|hours|days|kb|mb|percent)(_|$)/);
    expect(metric.buckets !== undefined).toBe(metric.type === 'histogram');
    expect(metric.help).toMatch(/\.$/);
    expect(Object.keys(metric.labels)).not.toContain('le');
  });

  it('docs/operations.md lists every metric, and no other', () => {
    expect(DOC.split('\n').filter((line) => /^\| `(clarifai_siem|process)_/.test(line))).toEqual(
      ALL.map(row),
    );
  });
});

describe('memory metrics', () => {
  const metrics = new MemoryMetrics();

  it('refuse what the table does not declare', () => {
    expect(() => metrics.count('clarifai_siem_made_up_total' as MetricName)).toThrow('not declared');
    expect(() => metrics.gauge('clarifai_siem_source_retries_total', 1, { source: 'a' })).toThrow(
      'as a gauge',
    );
    expect(() => metrics.count('clarifai_siem_source_retries_total')).toThrow('source');
    expect(() => metrics.count('clarifai_siem_source_retries_total', { source: 'a', user: 'ann' })).toThrow(
      'user',
    );
    expect(() =>
      metrics.count('clarifai_siem_source_requests_total', { source: 'a', outcome: 'odd' }),
    ).toThrow('outcome="odd"');
  });

  it('take a value outside of an open list as "other"', () => {
    metrics.count('clarifai_siem_journal_retries_total', { source: 'a', code: 'store.odd' });
    expect(metrics.value('clarifai_siem_journal_retries_total', { source: 'a', code: 'other' })).toBe(1);
  });
});
