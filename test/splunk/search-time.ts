import type { Envelope } from '../support/hec-envelope.ts';
import type { Conf } from './conf.ts';

/** Fields of an event, each with its values. */
export type Fields = Map<string, string[]>;

/**
 * The fields that a search sees of an event, in Splunk's order of operations: default and indexed fields, then JSON
 * (`KV_MODE`), then aliases, then calculated fields, each of which sees none of the others.
 */
export function searchFields({ host, source, sourcetype, event, fields }: Envelope, props: Conf): Fields {
  const seen: Fields = new Map();
  for (const [key, value] of Object.entries({ host, source, sourcetype, ...fields })) seen.set(key, [value]);
  const settings = props.get(sourcetype)!;
  if (settings.get('KV_MODE') === 'json') extract(event, '', seen);
  for (const [key, value] of settings) {
    if (!key.startsWith('FIELDALIAS-')) continue;
    const [from, to] = value.split(' AS ') as [string, string];
    if (seen.has(from)) seen.set(to, seen.get(from)!);
  }
  const calculated = [...settings]
    .filter(([key]) => key.startsWith('EVAL-'))
    .map(([key, expression]) => [key.slice('EVAL-'.length), evaluate(expression, seen)] as const);
  for (const [name, values] of calculated) {
    if (values.length > 0) seen.set(name, values);
    else seen.delete(name);
  }
  return seen;
}

/** Names as `KV_MODE = json` makes them: `a.b`, and `a{}` for elements of an array. */
function extract(value: unknown, name: string, seen: Fields): void {
  if (Array.isArray(value)) for (const each of value) extract(each, `${name}{}`, seen);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value))
      extract(each, name === '' ? key : `${name}.${key}`, seen);
  } else seen.set(name, [...(seen.get(name) ?? []), String(value)]);
}

/** Names of the fields that an eval expression reads. */
export function fieldsIn(expression: string): string[] {
  return [...expression.replaceAll(/"[^"]*"/g, '').matchAll(/\b[a-z_]\w*\b(?!\()/gi)].map(([name]) => name);
}

/** Calls of one level and more: `lower(x)`, `mvindex(x, n)`, `split(x, "sep")`. Throws at any other. */
function evaluate(expression: string, seen: Fields): string[] {
  const call = /^(\w+)\((.*)\)$/.exec(expression.trim());
  if (call === null) return seen.get(expression.trim()) ?? [];
  const [first, second] = call[2]!.split(/, (?=[^)]*$)/) as [string, string?];
  const values = evaluate(first, seen);
  if (call[1] === 'lower') return values.map((value) => value.toLowerCase());
  if (call[1] === 'mvindex') return values.slice(Number(second), Number(second) + 1);
  if (call[1] === 'split') return values.flatMap((value) => value.split(JSON.parse(second!) as string));
  throw new Error(`no such function: ${call[1]}`);
}

/** Conditions `name="value"` of a search, all of which must hold. Throws at anything else before the first pipe. */
export function conditionsOf(search: string): [name: string, value: string][] {
  const conditions = search.split('|')[0]!.trim();
  const found = [...conditions.matchAll(/(\w+)=(?:"([^"]*)"|(\w+))/g)];
  if (found.map(([text]) => text).join(' ') !== conditions) throw new Error(`not understood: ${search}`);
  return found.map(([, name, quoted, plain]) => [name!, quoted ?? plain!]);
}

/** Whether an event meets a search. */
export function meets(search: string, seen: Fields, tags: readonly string[] = []): boolean {
  return conditionsOf(search).every(([name, value]) =>
    name === 'tag' ? tags.includes(value) : (seen.get(name)?.includes(value) ?? false),
  );
}
