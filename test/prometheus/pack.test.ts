import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROBLEM_CODES } from '../../src/connector/problems.ts';
import { METRICS } from '../../src/runtime/metric-table.ts';
import { PrometheusMetrics } from '../../src/server/prometheus.ts';

const CONFIG = join(import.meta.dirname, '..', '..', 'config');
const OPERATIONS = readFileSync(join(CONFIG, '..', 'docs', 'operations.md'), 'utf8');
const RULES = readFileSync(join(CONFIG, 'prometheus', 'alerts.yml'), 'utf8');
const RULE_TESTS = readFileSync(join(CONFIG, 'prometheus', 'alerts.test.yml'), 'utf8');
const DASHBOARD = readFileSync(join(CONFIG, 'grafana', 'dashboard.json'), 'utf8');
const PROMTOOL = spawnSync('promtool', ['--version']).status === 0;
const REQUIRED = process.env.REQUIRE_PROMTOOL === '1';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

const alerts = (parse(RULES) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules);
/** Parts of a histogram are told apart by their endings. */
const known = new Set<string>(METRICS.map(({ name }) => name));

/** Names of our metrics in a text that no metric has. */
function unknownIn(text: string): string[] {
  const names = [...text.matchAll(/\bclarifai_siem_\w+/g)].map(([name]) => name);
  return names.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')));
}

/** Runs promtool in the folder of the rules. Returns what it says when it finds fault. */
function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: join(CONFIG, 'prometheus'), input });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

describe('alert rules and dashboard', () => {
  it('name only metrics that there are', () => {
    expect(unknownIn(RULES)).toEqual([]);
    expect(unknownIn(RULE_TESTS)).toEqual([]);
    expect(unknownIn(DASHBOARD)).toEqual([]);
    expect(unknownIn('clarifai_siem_nonsense_total')).toEqual(['clarifai_siem_nonsense_total']);
  });

  it('each alert has a place in docs/operations.md, and a test', () => {
    expect(alerts.length).toBeGreaterThan(10);
    for (const { alert, annotations } of alerts) {
      const [page, anchor] = annotations.runbook.split('#');
      expect(page, alert).toBe('docs/operations.md');
      expect(OPERATIONS, alert).toContain(`<a id="${anchor}"></a>`);
      expect(RULE_TESTS).toContain(`alertname: ${alert}\n`);
    }
  });

  it('each reason that readiness and the status page can name has a place in docs/operations.md', () => {
    for (const code of PROBLEM_CODES) expect(OPERATIONS, code).toContain(`<a id="${code}"></a>`);
  });

  it('the table of metrics in docs/operations.md is the table in the code', () => {
    for (const { name, type, help } of METRICS) {
      const row = OPERATIONS.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row, name).toContain(`| ${type} |`);
      expect(row, name).toContain(help);
    }
  });
});

describe.skipIf(!PROMTOOL && !REQUIRED)('promtool (skipped where it is not installed)', () => {
  it('finds the rules right, and all their tests pass', () => {
    expect(promtool(['check', 'rules', 'alerts.yml'])).toBe('');
    expect(promtool(['test', 'rules', 'alerts.test.yml'])).toBe('');
  });

  it('finds no fault with /metrics', async () => {
    const ids = { sources: ['acme'], shipped: [{ sink: 'local', source: 'acme' }] };
    expect(promtool(['check', 'metrics'], await new PrometheusMetrics(ids).render())).toBe('');
  });
});
