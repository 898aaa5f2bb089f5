import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Json, record } from './entries.ts';

const SAMPLE = new URL('golden/sample-answer.json', import.meta.url);

describe('a sample answer', () => {
  const { entries } = JSON.parse(readFileSync(SAMPLE, 'utf8')) as { entries: Json[] };
  const records = [
    ['raw.json', 'raw', {}],
    ['ecs.json', 'ecs', {}],
    ['ecs-full-original.json', 'ecs', { pii: 'full', includeOriginal: true }],
    ['ocsf-1.8.0.json', 'ocsf', {}],
    ['ocsf-1.3.0.json', 'ocsf', { ocsfVersion: '1.3.0' }],
  ] as const;
  for (const [file, format, options] of records) {
    it(`becomes the records of golden/${file}`, async () => {
      const lines = entries.map((entry) => record(format, entry, options));
      await expect(`${JSON.stringify(lines, undefined, 2)}\n`).toMatchFileSnapshot(`golden/${file}`);
    });
  }
});
