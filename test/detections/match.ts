import { BlockList, isIP } from 'node:net';
import { parseCondition } from './condition.ts';
import type { Expected, Selection, SigmaRule } from './rule.ts';

/** A record as parsed JSON. */
export type Event = Readonly<Record<string, unknown>>;

/** The values of a field named by its path; empty when it is not there. Arrays give all their elements. */
export function valuesOf(event: Event, path: readonly string[]): readonly string[] {
  let value: unknown = event;
  for (const key of path) value = (value as Event | undefined)?.[key];
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** A text with the wildcards `*` and `?` as a pattern; Sigma compares without regard to case. */
function wildcard(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'is');
}

function networkOf(cidr: string): (text: string) => boolean {
  const [address = '', prefix] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (text) => isIP(text) !== 0 && list.check(text, isIP(text) === 6 ? 'ipv6' : 'ipv4');
}

function testOf(modifier: string | undefined, text: string): (value: string) => boolean {
  if (modifier === 'cidr') return networkOf(text);
  const before = modifier === 'contains' || modifier === 'endswith' ? '*' : '';
  const behind = modifier === 'contains' || modifier === 'startswith' ? '*' : '';
  const pattern = wildcard(`${before}${text}${behind}`);
  return (value) => pattern.test(value);
}

const MODIFIERS: ReadonlySet<string | undefined> = new Set([
  undefined,
  'contains',
  'startswith',
  'endswith',
  'cidr',
]);

function compileField(key: string, expected: Expected): (event: Event) => boolean {
  const [field = '', ...modifiers] = key.split('|');
  const path = field.split('.');
  if (modifiers[0] === 'exists') return (event) => valuesOf(event, path).length > 0 === expected;
  const all = modifiers.at(-1) === 'all';
  const kinds = all ? modifiers.slice(0, -1) : modifiers;
  if (kinds.length > 1 || !MODIFIERS.has(kinds[0])) throw new Error(`Unknown modifiers: ${key}`);
  const wanted = typeof expected === 'object' ? expected : [String(expected)];
  const tests = wanted.map((text) => testOf(kinds[0], text));
  return (event) => {
    const values = valuesOf(event, path);
    return all ? tests.every((test) => values.some(test)) : tests.some((test) => values.some(test));
  };
}

/** The detection of a plain rule as a function over records. */
export function compileRule(rule: SigmaRule): (event: Event) => boolean {
  const { condition, ...selections } = rule.detection!;
  const compiled = new Map<string, readonly ((event: Event) => boolean)[]>();
  for (const [name, selection] of Object.entries(selections)) {
    const fields = Object.entries(selection as Selection);
    compiled.set(
      name,
      fields.map(([key, expected]) => compileField(key, expected)),
    );
  }
  const decide = parseCondition(condition, [...compiled.keys()]);
  return (event) => decide((name) => compiled.get(name)!.every((field) => field(event)));
}
