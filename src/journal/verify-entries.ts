import { readEntry } from '../event/answer.ts';
import type { Entry } from '../event/entry.ts';
import { twinId } from '../event/event-id.ts';
import type { Nanos } from '../event/span.ts';
import { describeInstant } from '../event/timestamp.ts';
import { hasCode } from '../runtime/errors.ts';
import type { IdSet } from './id-set.ts';
import { entryBytesAt, idAt } from './lines.ts';
import type { Segment } from './types.ts';

/** `{"id":"` in front of an id. */
const ID_OFFSET = 7;
/** The most copies of one entry that are looked for. */
const MAX_TWINS = 65_536;

/**
 * What is wrong with the entries of a segment, or undefined: their ids are those of their bytes and of no entry in
 * `seen` (to which they are added), they are in order, inside coverage, and as the header sums them up.
 */
export function entryFault(segment: Segment, seen: IdSet): string | undefined {
  const { header, bytes, lineStarts } = segment;
  const twins = new Twins();
  let last: { readonly at: Nanos | undefined; readonly id: string } | undefined;
  let dated: Nanos | undefined;
  let covering = 0;
  for (let i = 0; i < header.count; i++) {
    const id = idAt(segment, i);
    const which = `entry ${i + 1} (line ${i + 2})`;
    const entry = entryAt(segment, i);
    if (entry === undefined) return `${which} is not JSON`;
    const { at, baseId } = entry;
    if (id !== baseId && !twins.has(baseId, id)) return `${which} does not have the event id of its bytes`;
    if (!seen.add(bytes, lineStarts[i]! + ID_OFFSET)) return `${which} is in the journal twice`;
    if (last !== undefined && !inOrder(last, { at, id })) return `${which} is out of order`;
    last = { at, id };
    if (at === undefined) continue;
    if (dated === undefined && at !== header.first) return 'its header names another first time';
    dated = at;
    while (covering < header.coverage.length && header.coverage[covering]!.to <= at) covering += 1;
    const span = header.coverage[covering];
    if (span === undefined || at < span.from)
      return `${which}, of ${describeInstant(at)}, is outside of coverage`;
  }
  if (dated === undefined && header.first !== undefined) return 'its header names another first time';
  return dated === header.last ? undefined : 'its header names another last time';
}

/** Entry `i`; undefined when its bytes are not JSON, which the journal never writes. */
function entryAt(segment: Segment, i: number): Entry | undefined {
  try {
    return readEntry(entryBytesAt(segment, i).bytes);
  } catch (error) {
    if (hasCode(error, 'entry.broken')) return undefined;
    throw error;
  }
}

interface Place {
  readonly at: Nanos | undefined;
  readonly id: string;
}

function inOrder(a: Place, b: Place): boolean {
  if (a.at === b.at) return a.id < b.id;
  return a.at !== undefined && (b.at === undefined || a.at < b.at);
}

/** Ids of twins, computed as far as they are needed. */
class Twins {
  readonly #known = new Map<string, Set<string>>();

  /** Whether `id` belongs to a second or later copy of the entry with `baseId`. */
  has(baseId: string, id: string): boolean {
    const known = this.#known.get(baseId) ?? new Set();
    this.#known.set(baseId, known);
    while (!known.has(id)) {
      if (known.size >= MAX_TWINS) return false;
      known.add(twinId(baseId, known.size + 1));
    }
    return true;
  }
}
