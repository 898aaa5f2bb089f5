import fc from 'fast-check';
import { prng } from '../support/prng.ts';

/** Runs of a property: `FUZZ_RUNS`, default 2,000. */
export const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000);

/** Texts that try the framing: quotes, breaks, brackets, escapes, lone surrogates, what starts other forms. */
const word = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'b',
    'ann',
    '\n',
    '"',
    '\\',
    '!',
    '"a"',
    '[]',
    ',',
    '{',
    '}',
    '\u2028',
    '\ud800',
    'é',
    '😀',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

const timestamp = fc.constantFrom(
  '2025-01-17T12:31:35.449860Z',
  '2025-01-17T12:31:35.5Z',
  '2025-01-17T14:31:35.500+02:00',
  '2016-12-31T23:59:60Z',
  '1969-12-31T23:59:59.9Z',
  '2025-02-30T00:00:00Z',
  'yesterday',
);

const plainNames = fc.record(
  { id: word, app_id: word, user_id: word, model_id: word, name: word },
  { requiredKeys: [] },
);
const names = fc.record(
  {
    id: word,
    app_id: word,
    user_id: word,
    compute_cluster: plainNames,
    nodepools: fc.array(plainNames, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const kind = fc.constantFrom('app', 'user', 'model', 'nodepool', 'new_kind', '__proto__', '\n');
const target = fc.dictionary(kind, names, { minKeys: 0, maxKeys: 3, noNullPrototype: true });

/** Entries whose fields have the types of the proto. */
export const typedEntry = fc.record(
  {
    req_id: word,
    timestamp,
    operation: fc.oneof(
      fc.constantFrom(700, 0, -5, 'MODEL_CREATE', 'NEW_ONE', 'EVENT_TYPE_NOT_SET'),
      fc.nat(2000),
    ),
    user: fc.record({ id: word, first_name: word, created_at: timestamp }, { requiredKeys: [] }),
    source_ip: word,
    success: fc.boolean(),
    description: word,
    details: fc.array(word, { maxLength: 3 }),
    targets: fc.array(target, { maxLength: 20, size: 'small' }),
    new_field: fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: [] },
);

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1.5,
    1e300,
    'x',
    '',
    [],
    {},
    [null],
    ['a', 1],
    [{ app: 'x' }],
    { id: null },
  ),
  fc.constantFrom<unknown>([{ app: null }], [{ app: { id: 5 } }], [{ nodepool: { compute_cluster: 'x' } }], {
    id: {},
  }),
);

/** Entries of which any field may have any type. */
export const anyEntry = fc.oneof(
  typedEntry,
  fc
    .tuple(
      typedEntry,
      fc.dictionary(fc.constantFrom(...fieldNames()), odd, { maxKeys: 4, noNullPrototype: true }),
    )
    .map(([entry, oddities]) => ({ ...entry, ...oddities })),
  odd,
);

function fieldNames(): string[] {
  return 'req_id timestamp operation user source_ip success description details targets'.split(' ');
}

/** How {@link rewritten} may differ from `JSON.stringify`. */
export interface Rewriting {
  /** Keys and targets in another order. Default true. */
  readonly reorder?: boolean;
  /** `700` as `7e2` or `700.0`. Default true. */
  readonly numberForms?: boolean;
}

/** `value` as another server might write it: white space, escapes, number forms, the order of keys and targets. */
export function rewritten(value: unknown, seed: number, options: Rewriting = {}): string {
  const random = prng(seed);
  const { reorder = true, numberForms = true } = options;
  const pick = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)]!;
  const space = (): string => pick(['', '', '', ' ', '\n', '\r\n', '\t']);
  const shuffle = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, key: random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  const string = (text: string): string =>
    `"${text
      .split('')
      .map((unit) =>
        random() < 0.2 ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped(unit),
      )
      .join('')}"`;
  const number = (n: number): string =>
    numberForms && Number.isSafeInteger(n) ? pick([`${n}`, `${n}.0`, `${n}e0`, `${n}.00E+0`]) : `${n}`;
  const write = (each: unknown, key: string): string => {
    if (typeof each === 'string') return string(each);
    if (typeof each === 'number') return number(each);
    if (Array.isArray(each)) {
      const items = reorder && key === 'targets' ? shuffle(each) : each;
      return `[${space()}${items.map((item) => write(item, '')).join(`${space()},${space()}`)}${space()}]`;
    }
    if (typeof each !== 'object' || each === null) return String(each);
    const members = reorder ? shuffle(Object.entries(each)) : Object.entries(each);
    const texts = members.map(
      ([name, member]) => `${string(name)}${space()}:${space()}${write(member, name)}`,
    );
    return `{${space()}${texts.join(`${space()},${space()}`)}${space()}}`;
  };
  return write(value, '');
}

/** One UTF-16 unit inside a JSON string; pairs of surrogates meet again when the units are joined. */
function escaped(unit: string): string {
  const isSurrogate = unit >= '\ud800' && unit <= '\udfff';
  return isSurrogate ? `\\u${unit.charCodeAt(0).toString(16)}` : JSON.stringify(unit).slice(1, -1);
}
