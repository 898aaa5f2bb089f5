import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/config/yaml.ts';
import { useConfigFolder } from './support.ts';

const { refusal } = useConfigFolder();
const SOURCE = 'sources: [{ id: a, user_id: u, pat_file: pat }]\n';

describe('parseYaml', () => {
  it('knows the line of a path, and of what a missing key is in', () => {
    const { lineOf } = parseYaml('a:\n  - b: 1\n    c: 2\n');
    expect(lineOf(['a', 0, 'c'])).toBe(3);
    expect(lineOf(['a', 0, 'none'])).toBe(2);
    expect(lineOf(['none'])).toBe(0);
  });

  it('resolves aliases', () => {
    expect(parseYaml('a: &x [1]\nb: *x').file).toEqual({ a: [1], b: [1] });
  });

  it('stops aliases that would grow without bounds', () => {
    const row = (of: string) => `[${Array(10).fill(of).join(', ')}]`;
    const bomb = `a: &a ${row('x')}\nb: &b ${row('*a')}\nc: &c ${row('*b')}\nd: ${row('*c')}\n`;
    expect(parseYaml(bomb).faults[0]?.message).toContain('more than 100 values');
  });
});

describe('a config that is no mapping', () => {
  it.each([
    ['', 'the file is empty'],
    ['# only a comment\n', 'the file is empty'],
    ['null', 'the file is empty'],
    ['- a', 'the file must be a mapping'],
    ['text', 'the file must be a mapping'],
    [`${SOURCE}---\n${SOURCE}`, 'A second document begins here'],
    [`${SOURCE}log: { level: info }\nlog: { level: warn }\n`, 'line 3, column 1: Map keys must be unique'],
    ['sources: *none', 'has no anchor'],
    ['sources: &a [*a]', 'stands inside of it'],
    [`sources: ${'['.repeat(20_000)}`, 'line 1'],
  ])('is refused: %j', (text, words) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: 'config.invalid', exitCode: 2 });
    expect(error.message).toContain(words);
  });
});

describe('a config with wrong keys', () => {
  it.each([
    ['sources: [{ id: a, pat: x }]', 'sources[0].user_id is missing'],
    ['log: { level: info }', 'sources is missing'],
    [`${SOURCE}sinks: [{ id: s, path: o }]`, 'sinks[0].type is missing'],
    [`${SOURCE}sinks: [{ id: s, type: stdout, pii: full }]`, 'sinks[0].pii is no known key: known are'],
    [`${SOURCE}__proto__: { x: 1 }`, '__proto__ is no known key'],
    [
      'sources: [{ id: a, user_id: u, pat: x, base_url: "https://x/?" }]',
      'base_url must have no query and no fragment',
    ],
    [
      'sources: [{ id: a, user_id: u, pat: x, filter: { operations: [-1] } }]',
      'filter.operations[0] must be a whole number',
    ],
    [
      `${SOURCE}sinks: [{ id: s, type: file, path: o }, { id: t, type: file, path: o/a }]`,
      'sinks[1].path is the folder of another sink',
    ],
  ])('is refused: %j', (text, words) => {
    expect(refusal(text).message).toContain(words);
  });
});
