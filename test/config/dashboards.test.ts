import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/processes.ts';

const read = (path: string): string => readFileSync(join(ROOT, 'config', path), 'utf8');

interface SavedObject {
  readonly id: string;
  readonly type: string;
  readonly attributes: Record<string, string> & { columns?: readonly string[]; description?: string };
  readonly references: readonly { id: string; name: string; type: string }[];
}

type Properties = Record<string, { type?: string; properties?: Properties }>;

/** Names of all fields of a mapping, with their types. */
function fieldsOf(properties: Properties, prefix = ''): [string, string][] {
  return Object.entries(properties).flatMap(([name, field]) =>
    field.properties === undefined
      ? [[`${prefix}${name}`, field.type ?? ''] as [string, string]]
      : fieldsOf(field.properties, `${prefix}${name}.`),
  );
}

describe('Kibana dashboard', () => {
  const objects = read('elasticsearch/kibana-dashboard.ndjson')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SavedObject);
  const byId = new Map(objects.map((each) => [each.id, each]));
  const template = JSON.parse(read('elasticsearch/component-template-clarifai-audit@mappings.json'));
  const fields = new Map(
    fieldsOf((template.template as { mappings: { properties: Properties } }).mappings.properties),
  );

  it('holds each object once, with a title and what it refers to', () => {
    expect(byId.size).toBe(objects.length);
    for (const { id, type, attributes, references } of objects) {
      expect(attributes.title, id).not.toBe('');
      for (const reference of references) expect(byId.get(reference.id)?.type, id).toBe(reference.type);
      const { searchSourceJSON } = (attributes.kibanaSavedObjectMeta ?? {}) as unknown as {
        searchSourceJSON?: string;
      };
      const { indexRefName } = JSON.parse(searchSourceJSON ?? '{}') as { indexRefName?: string };
      if (type === 'visualization' || type === 'search') {
        expect(attributes.description, id).toMatch(/\.$/);
        expect(
          references.map(({ name }) => name),
          id,
        ).toEqual([indexRefName]);
      }
    }
  });

  it('aggregates, lists and asks for fields that are mapped, in a way that their types allow', () => {
    const used: string[] = [];
    for (const { id, attributes } of objects) {
      const state = JSON.parse(attributes.visState ?? '{"aggs":[]}') as {
        aggs: { params: { field?: string } }[];
      };
      for (const { params } of state.aggs) if (params.field !== undefined) used.push(params.field);
      used.push(...(attributes.columns ?? []));
      const { searchSourceJSON } = (attributes.kibanaSavedObjectMeta ?? {}) as unknown as {
        searchSourceJSON?: string;
      };
      const { query } = JSON.parse(searchSourceJSON ?? '{"query":{"query":""}}') as {
        query: { query: string };
      };
      const asked = [...query.query.matchAll(/([\w.@]+):/g)].map(([, name]) => name!);
      if (query.query !== '') expect(asked.length, id).toBeGreaterThan(0);
      used.push(...asked);
    }
    expect(new Set(used).size).toBeGreaterThan(8);
    for (const name of used) {
      expect(fields.has(name), name).toBe(true);
      expect(['keyword', 'ip', 'date'], name).toContain(fields.get(name));
    }
  });

  it('shows every object on the dashboard, none above another', () => {
    const dashboard = objects.find(({ type }) => type === 'dashboard')!;
    const panels = JSON.parse(dashboard.attributes.panelsJSON!) as {
      type: string;
      panelRefName: string;
      panelIndex: string;
      gridData: { x: number; y: number; w: number; h: number };
    }[];
    const shown = panels.map(({ panelIndex, panelRefName }) => {
      return dashboard.references.find(({ name }) => name === `${panelIndex}:${panelRefName}`)!.id;
    });
    const all = objects
      .filter(({ type }) => type === 'visualization' || type === 'search')
      .map(({ id }) => id);
    expect(shown.sort()).toEqual(all.sort());
    const taken = new Set<string>();
    for (const { gridData } of panels) {
      expect(gridData.x + gridData.w).toBeLessThanOrEqual(48);
      for (let x = gridData.x; x < gridData.x + gridData.w; x++) {
        for (let y = gridData.y; y < gridData.y + gridData.h; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });
});

describe('Grafana dashboard', () => {
  it('has a title, a unit where there are numbers, and something to say for every panel', () => {
    interface Panel {
      readonly type: string;
      readonly title?: string;
      readonly description?: string;
      readonly fieldConfig?: { defaults: { unit?: string; mappings?: readonly unknown[] } };
      readonly targets?: readonly { expr: string }[];
    }
    const { panels } = JSON.parse(read('grafana/dashboard.json')) as { panels: Panel[] };
    expect(panels.length).toBeGreaterThan(15);
    for (const { type, title, fieldConfig, targets } of panels) {
      expect(title, type).toMatch(/\w/);
      if (type === 'row') continue;
      expect(
        targets!.every(({ expr }) => expr.includes('clarifai_siem_') || expr.includes('process_')),
        title,
      ).toBe(true);
      if (type === 'timeseries') expect(fieldConfig?.defaults.unit, title).toMatch(/\w/);
    }
  });
});
