import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from '../../src/config/json-schema.ts';

const CONFIG = join(import.meta.dirname, '..', '..', 'config');

/** Paths of the keys of a JSON Schema that have no description. */
function undescribed(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { properties?: Record<string, { description?: string }> };
  return [
    ...Object.entries(properties).flatMap(([key, each]) => [
      ...(each.description === undefined ? [`${path}.${key}`] : []),
      ...undescribed(each, `${path}.${key}`),
    ]),
    ...Object.values(rest).flatMap((each) => undescribed(each, path)),
  ];
}

describe('configJsonSchema', () => {
  const accepts = new Ajv2020({ strict: false }).compile(configJsonSchema());
  const example: unknown = parse(readFileSync(join(CONFIG, 'connector.example.yaml'), 'utf8'));

  it('describes every key', () => {
    expect(undescribed(configJsonSchema())).toEqual([]);
  });

  it('accepts the example', () => {
    expect(accepts(example), JSON.stringify(accepts.errors)).toBe(true);
  });

  it('accepts a file with nothing but what is necessary', () => {
    expect(accepts({ sources: [{ id: 'a', user_id: 'u', pat_file: 'pat' }] })).toBe(true);
  });

  it.each([
    { ...(example as object), drain_timeoutt: '5m' },
    { ...(example as object), log: { level: 'loud' } },
    { ...(example as object), server: true },
    { sources: [] },
    {},
  ])('refuses a wrong file %#', (file) => {
    expect(accepts(file)).toBe(false);
  });
});
