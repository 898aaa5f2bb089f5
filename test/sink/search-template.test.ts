import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { searchMappings, searchTemplates } from '../../src/sink/search-template.ts';

const STREAM = 'logs-clarifai.audit-default';
const FLAVOURS = ['elasticsearch', 'opensearch'] as const;

interface Field {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Field>>;
}

/** Paths of `value` that no property of `mapping` covers. */
function unmapped(value: unknown, mapping: Field, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => unmapped(each, mapping, path));
  if (typeof value !== 'object' || value === null) return mapping.type === undefined ? [path] : [];
  if (mapping.type === 'flattened' || mapping.type === 'flat_object') return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const field = mapping.properties?.[key];
    const place = path === '' ? key : `${path}.${key}`;
    return field === undefined ? [place] : unmapped(each, field, place);
  });
}

describe.each(FLAVOURS)('search-template for %s', (flavour) => {
  it('maps every field of every ECS record of the golden files', () => {
    const mappings = searchMappings(flavour) as Field;
    for (const name of ['ecs.json', 'ecs-full-original.json']) {
      const file = join(import.meta.dirname, '..', 'record', 'golden', name);
      const records = JSON.parse(readFileSync(file, 'utf8')) as unknown[];
      expect(records.length).toBeGreaterThan(5);
      expect(records.flatMap((record) => unmapped(record, mappings, ''))).toEqual([]);
    }
  });

  it('is what config/ holds as files (vitest -u writes them)', async () => {
    for (const { kind, name, body } of searchTemplates({ flavour, stream: STREAM })) {
      const file = `${kind.replace(' ', '-')}-${name}.json`;
      const path = join(import.meta.dirname, '..', '..', 'config', flavour, file);
      await expect(`${JSON.stringify(body, null, 2)}\n`).toMatchFileSnapshot(path);
    }
  });

  it('has another hash when its content is another', () => {
    const [first] = searchTemplates({ flavour, stream: STREAM }).slice(-1);
    const [second] = searchTemplates({ flavour, stream: 'logs-clarifai.audit-other' }).slice(-1);
    expect(first!.body._meta).toEqual({
      managed_by: 'clarifai-siem-export',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(second!.body._meta).not.toEqual(first!.body._meta);
  });
});

describe('search-template', () => {
  it('sets retention or an ILM policy on Elasticsearch, in the index template', () => {
    const template = (more: object) =>
      searchTemplates({ flavour: 'elasticsearch', stream: STREAM, ...more }).at(-1)!.body.template;
    expect(template({})).toBeUndefined();
    expect(template({ retentionMs: 86_400_000 })).toEqual({ lifecycle: { data_retention: '86400s' } });
    expect(template({ ilmPolicy: 'audit' })).toEqual({ settings: { 'index.lifecycle.name': 'audit' } });
  });
});
