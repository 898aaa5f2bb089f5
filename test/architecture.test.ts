import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../src/cli/version.ts';

const SRC = join(import.meta.dirname, '..', 'src');

/** What a folder of src may import of the others. A folder that is not named may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  runtime: [],
  event: ['runtime'],
  store: ['runtime'],
  record: ['event', 'config', 'runtime'],
  config: ['event', 'record', 'runtime'],
  http: ['config', 'runtime'],
  source: ['event', 'config', 'http', 'runtime'],
  journal: ['event', 'store', 'runtime', 'config', 'sink'],
  collector: ['event', 'journal', 'source', 'config', 'runtime'],
  sink: ['event', 'config', 'http', 'runtime'],
  shipper: ['event', 'journal', 'record', 'sink', 'store', 'config', 'runtime'],
  demo: ['event'],
};

/** Files that may touch the process: programs of their own. */
const PROGRAMS = new Set(['main.ts', 'demo/stand-in-main.ts']);

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name: name.split(sep).join('/'), text: readFileSync(join(SRC, name), 'utf8') }));

function importsOf(file: { name: string; text: string }): string[] {
  const folder = join(SRC, file.name, '..');
  return [...file.text.matchAll(/from '(\.[^']+)'|import\('(\.[^']+)'\)/g)].map((match) =>
    relative(SRC, join(folder, match[1] ?? match[2]!))
      .split(sep)
      .join('/'),
  );
}

describe('architecture', () => {
  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(50);
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports only what it may', (folder, allowed) => {
    const own = files.filter(({ name }) => name.startsWith(`${folder}/`));
    const wrong = own.flatMap((file) =>
      importsOf(file)
        .filter((target) => ![folder, ...allowed].includes(target.split('/')[0]!))
        .map((target) => `${file.name} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('only programs touch the process', () => {
    const touching = files.filter(
      ({ name, text }) => !PROGRAMS.has(name) && /(?<![-\w])process\.\w|node:process/.test(text),
    );
    expect(touching.map(({ name }) => name)).toEqual([]);
  });

  it('the version is that of package.json', () => {
    const { version } = JSON.parse(readFileSync(join(SRC, '..', 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(VERSION).toBe(version);
  });
});
