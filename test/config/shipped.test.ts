import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, readShipped } from '../support/shipped.ts';

const { flags, env } = readShipped();
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

it('the program says how it is to be run', () => {
  expect(flags).toContain('--disable-warning=ExperimentalWarning');
  expect(Object.keys(env).every((name) => name.startsWith('MALLOC_'))).toBe(true);
});

it('the image runs it with the flags and settings of its own first line', () => {
  const dockerfile = read('Dockerfile');
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)![1]!) as string[];
  expect(entrypoint).toEqual(['node', ...flags, '/app/dist/main.js']);
  for (const [name, value] of Object.entries(env)) expect(dockerfile).toContain(`${name}=${value}`);
});

it('npm start runs it with the same flags, from its sources', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(scripts.start).toBe(['node', ...flags, 'src/main.ts'].join(' '));
});
