import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../e2e/processes.ts';

it('every field of the log is documented with its meaning, and no other', () => {
  const source = readFileSync(join(ROOT, 'src', 'runtime', 'log.ts'), 'utf8');
  const declared = /interface LogFields \{(.*?)\n\}/s.exec(source)![1]!;
  const names = [...declared.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name!);
  const page = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
  const table = /## The log\n(.*?)\nWorth an alert/s.exec(page)![1]!;
  const documented = [...table.matchAll(/^\| `(\w+)` \| \S/gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(40);
  expect(documented).toEqual(names);
});
