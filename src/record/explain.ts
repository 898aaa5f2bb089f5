import type { Format } from '../config/types.ts';
import { isAddress } from './address.ts';
import { createMapper } from './formats.ts';
import { isObject, parseJson } from './parse.ts';
import type { RecordContext, RecordMapper, RecordOptions } from './record.ts';

/** A field of an entry and the places in the record that its value decides. */
export interface MappedField {
  /** Path in the entry: `user.id`, `targets[0].app.id`. */
  readonly field: string;
  /** Paths in the record. */
  readonly to: readonly string[];
}

/** A field of an entry that is nowhere in the record. */
export interface OmittedField {
  /** Path in the entry. */
  readonly field: string;
  /** Why: `empty`, `wrong type`, `privacy mode`, or `not on the allow-list`. */
  readonly why: 'empty' | 'wrong type' | 'privacy mode' | 'not on the allow-list';
}

/** Where the fields of one entry went. */
export interface Explanation {
  /** Fields that are in the record. */
  readonly mapped: readonly MappedField[];
  /** Fields that are not. */
  readonly omitted: readonly OmittedField[];
  /** True when the entry cannot be read: the record then carries it whole. */
  readonly minimal: boolean;
}

/** Fields and levels looked at: an entry may have any number. */
const MAX_FIELDS = 1_000;
const MAX_DEPTH = 16;

/** Marks tell of an odd time; they are no place of a value. */
const MARKS: ReadonlySet<string> = new Set(['tags', 'metadata.labels']);

/** A value at a path, and how to change it in place. */
interface Leaf {
  readonly path: string;
  readonly value: unknown;
  set(value: unknown): void;
}

function joinPath(path: string, key: string, inArray: boolean): string {
  if (inArray) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** The leaves below `root`: texts, numbers, truth values, nulls, what is empty, and what is nested deeper than records look. */
function leavesOf(root: object): Leaf[] {
  const leaves: Leaf[] = [];
  const walk = (parent: Record<string, unknown>, path: string, depth: number): void => {
    for (const key of Object.keys(parent)) {
      if (leaves.length >= MAX_FIELDS) return;
      const value = parent[key];
      const place = joinPath(path, key, Array.isArray(parent));
      const isNode = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
      if (isNode && depth < MAX_DEPTH) walk(value as Record<string, unknown>, place, depth + 1);
      else leaves.push({ path: place, value, set: (next) => setOwn(parent, key, next) });
    }
  };
  walk(root as Record<string, unknown>, '', 1);
  return leaves;
}

/** Sets an own property even where assignment would set the prototype. */
function setOwn(parent: object, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, configurable: true, enumerable: true, writable: true });
}

/** Another value of the same type; another address for an address. */
function other(value: unknown): unknown {
  if (typeof value === 'string') return isAddress(value) ? '192.0.2.255' : `${value}~`;
  if (typeof value === 'number') return value === 999_999 ? 999_998 : 999_999;
  if (typeof value === 'boolean') return !value;
  return undefined;
}

/** Every leaf of a record, arrays of texts as one. */
function placesOf(line: string): Map<string, string> {
  const record = parseJson(line);
  const places = new Map<string, string>();
  if (!isObject(record)) return places;
  for (const { path, value } of leavesOf(record)) {
    const place = path.replace(/\[\d+\]$/, '');
    places.set(place, `${places.get(place) ?? ''}${JSON.stringify(value)}`);
  }
  return places;
}

/** Values of every type that a field may have: one that changes the record shows that the field has the wrong type. */
const OF_EVERY_TYPE: readonly unknown[] = ['~', true, 999_999, ['~'], { id: '~' }];

/** Maps an entry again and again with one leaf changed, and tells which places of the record follow it. */
class Probe {
  readonly #map: (value: object) => string;
  readonly #value: object;
  readonly #places: ReadonlyMap<string, string>;

  constructor(mapper: RecordMapper, value: object, context: RecordContext) {
    this.#map = (each) => mapper(Buffer.from(JSON.stringify(each)), true, context).line;
    this.#value = value;
    this.#places = placesOf(this.#map(value));
  }

  /** Places of the record that are not the same when `leaf` is `value`. */
  changedBy(leaf: Leaf, value: unknown): string[] {
    leaf.set(value);
    const places = placesOf(this.#map(this.#value));
    leaf.set(leaf.value);
    return [...this.#places]
      .filter(([key, text]) => !MARKS.has(key) && places.get(key) !== text)
      .map(([key]) => key);
  }

  /** Whether the record depends on `leaf` at all, new places included. */
  dependsOn(leaf: Leaf, value: unknown): boolean {
    leaf.set(value);
    const line = this.#map(this.#value);
    leaf.set(leaf.value);
    return line !== this.#map(this.#value);
  }
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
}

function whyOmitted(leaf: Leaf, probe: Probe, full: Probe): OmittedField['why'] {
  if (isEmpty(leaf.value)) return 'empty';
  if (full.dependsOn(leaf, other(leaf.value))) return 'privacy mode';
  if (OF_EVERY_TYPE.some((value) => probe.dependsOn(leaf, value))) return 'wrong type';
  return 'not on the allow-list';
}

/**
 * Tells where each field of an entry went in a format, and which were left out and why. It asks the mapper itself:
 * a field is in the record where the record changes with it. Not for the hot path. `event.original` and
 * `raw_data`, which hold everything, are left aside.
 *
 * @param entry the entry's bytes as in the journal
 * @param utf8 false when the bytes are not valid UTF-8
 */
export function explain(
  format: Format,
  entry: Buffer,
  utf8: boolean,
  context: RecordContext,
  options: RecordOptions,
): Explanation {
  const value = utf8 ? parseJson(entry.toString()) : undefined;
  if (!isObject(value)) return { mapped: [], omitted: [], minimal: true };
  const leaves = leavesOf(value);
  // What is nested deeper than records look is cut off: JSON.stringify would run out of stack.
  const deep = leaves.filter((leaf) => typeof leaf.value === 'object' && !isEmpty(leaf.value));
  for (const leaf of deep) leaf.set(null);
  const probeFor = (change: Partial<RecordOptions>): Probe =>
    new Probe(createMapper(format, { ...options, ...change, includeOriginal: false }), value, context);
  const probe = probeFor({});
  const full = probeFor({ pii: 'full' });
  const mapped: MappedField[] = [];
  const omitted: OmittedField[] = [];
  for (const leaf of leaves) {
    if (deep.includes(leaf)) {
      omitted.push({ field: leaf.path, why: 'not on the allow-list' });
      continue;
    }
    const to = isEmpty(leaf.value) ? [] : probe.changedBy(leaf, other(leaf.value));
    if (to.length > 0) mapped.push({ field: leaf.path, to });
    else omitted.push({ field: leaf.path, why: whyOmitted(leaf, probe, full) });
  }
  return { mapped, omitted, minimal: false };
}
