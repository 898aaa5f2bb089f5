import type { Entry } from '../event/entry.ts';
import { earlier, type Nanos, SECOND } from '../event/span.ts';
import type { AnswerEvidence } from '../journal/types.ts';
import { hasCode } from '../runtime/errors.ts';
import { type Asker, evidenceOf, type Question } from './asker.ts';
import { type Anchor, copiesAt, holdsAnchor } from './judge.ts';

/** Passes over one dense second before it is given up. */
const MAX_PASSES = 12;

/** Pages of one pass before it is given up: bounds a server that invents pages. */
const MAX_PAGES = 10_000;

/** What reading a dense second came to. */
export interface DenseReading {
  /** Everything in `[second, upTo)` is in `entries`. */
  readonly upTo: Nanos;
  /** Dated entries at or after the second, in order of time; twins as often as one answer showed them. */
  readonly entries: readonly Entry[];
  readonly undated: readonly Entry[];
  /** Known entries behind the second, for the next request; undefined when none are. */
  readonly anchor: Anchor | undefined;
  readonly evidence: readonly AnswerEvidence[];
}

/** A way to narrow what is asked for, so that a second falls into parts that can be read. */
export interface Cell {
  readonly success?: boolean;
  readonly operation?: number;
}

/** What partitions a dense second: parts for outcomes, then for operations. An empty list ends the partition. */
export type Partition = readonly (readonly Cell[])[];

/** A dense second and how to read it. */
export interface DenseTask {
  /** The second's first instant. */
  readonly second: Nanos;
  /** Upper bound to ask with: the end of the walker's lane. */
  readonly upper: Nanos;
  /** Must be among what is read when it lies at or behind the second. */
  readonly anchor: Anchor | undefined;
  readonly partition: Partition;
}

/**
 * Reads a second that holds more than one answer: by page numbers, in passes that are joined by base id until two
 * in a row add nothing; where that fails, in parts. Undefined when it cannot be read completely.
 *
 * Passes differ in page size, so that twins on both sides of a page's end are inside one page of the next pass.
 */
export async function readDense(
  asker: Asker,
  task: DenseTask,
  signal: AbortSignal,
): Promise<DenseReading | undefined> {
  const whole = await readCell(asker, { from: task.second - SECOND, to: task.upper }, task, signal);
  if (whole !== undefined) return whole;
  const bounds = { from: task.second - SECOND, to: task.second + 2n * SECOND };
  let cells: readonly Cell[] = [{}];
  const parts: DenseReading[] = [];
  for (const level of task.partition) {
    const refused: Cell[] = [];
    for (const cell of cells.flatMap((outer) => level.map((inner) => ({ ...outer, ...inner })))) {
      const part = await readCell(asker, { ...bounds, ...cell }, { ...task, anchor: undefined }, signal);
      if (part === undefined) refused.push(cell);
      else parts.push(part);
    }
    if (refused.length === 0) return joinParts(parts, task.second);
    cells = refused;
  }
  return undefined;
}

async function readCell(
  asker: Asker,
  question: Question,
  task: DenseTask,
  signal: AbortSignal,
): Promise<DenseReading | undefined> {
  const union = new CopyUnion();
  const evidence: AnswerEvidence[] = [];
  const reaches: Nanos[] = [];
  let unchanged = 0;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = union.size;
    const widest = asker.perDensePage;
    const sized = { ...question, perPage: widest - (pass % 3) * (Math.floor(widest / 4) + 1) };
    const reach = await readPass(asker, sized, task.second, union, evidence, signal);
    if (reach === undefined) return undefined;
    reaches.push(reach);
    unchanged = union.size === before ? unchanged + 1 : 0;
    if (unchanged < 2 || !showsAnchor(union, task)) continue;
    return toReading(union, task.second, reaches.slice(-3), evidence);
  }
  return undefined;
}

/** One pass over the pages; how far it reached, or undefined when the pages do not lead anywhere. */
async function readPass(
  asker: Asker,
  question: Question & { readonly perPage: number },
  second: Nanos,
  union: CopyUnion,
  evidence: AnswerEvidence[],
  signal: AbortSignal,
): Promise<Nanos | undefined> {
  const end = second + SECOND;
  const seen = new Set<string>();
  let idle = 0;
  let { perPage } = question;
  for (let page = 1; page <= MAX_PAGES; page++) {
    const reply = await asker.ask({ ...question, page, perPage }, signal).catch((error: unknown) => {
      if (hasCode(error, 'source.page_refused')) return undefined;
      throw error;
    });
    if (reply === undefined) return undefined;
    perPage = reply.perPage;
    union.add(reply.entries);
    evidence.push(evidenceOf(reply, undefined));
    if (!reply.full) return question.to;
    const before = seen.size;
    for (const entry of reply.entries) seen.add(entry.baseId);
    idle = seen.size === before ? idle + 1 : 0;
    if (idle === 2) return undefined;
    const last = lowestTail(reply.entries);
    if (last !== undefined && last >= end) return last;
  }
  return undefined;
}

/** Where an ascending page ends; undefined for a page in another order, which tells nothing about what follows. */
function lowestTail(entries: readonly Entry[]): Nanos | undefined {
  let last: Nanos | undefined;
  for (const { at } of entries) {
    if (at === undefined) continue;
    if (last !== undefined && at < last) return undefined;
    last = at;
  }
  return last;
}

function showsAnchor(union: CopyUnion, task: DenseTask): boolean {
  if (task.anchor === undefined || task.anchor.at < task.second) return true;
  return holdsAnchor(union.entries(), task.anchor);
}

function toReading(
  union: CopyUnion,
  second: Nanos,
  reaches: readonly Nanos[],
  evidence: readonly AnswerEvidence[],
): DenseReading {
  const upTo = reaches.reduce(earlier);
  const all = union.entries();
  const dated = all.filter((entry) => entry.at !== undefined && entry.at >= second);
  dated.sort((a, b) => (a.at! < b.at! ? -1 : a.at! > b.at! ? 1 : 0));
  const behind = dated.find((entry) => entry.at === upTo);
  return {
    upTo,
    entries: dated.filter((entry) => entry.at! < upTo),
    undated: all.filter((entry) => entry.at === undefined),
    anchor: behind === undefined ? undefined : { at: upTo, ids: copiesAt(dated, upTo) },
    evidence,
  };
}

function joinParts(parts: readonly DenseReading[], second: Nanos): DenseReading {
  const end = second + SECOND;
  const entries = parts.flatMap((part) => part.entries.filter((entry) => entry.at! < end));
  entries.sort((a, b) => (a.at! < b.at! ? -1 : a.at! > b.at! ? 1 : 0));
  return {
    upTo: end,
    entries,
    undated: parts.flatMap((part) => part.undated),
    anchor: undefined,
    evidence: parts.flatMap((part) => part.evidence),
  };
}

/** Entries joined over answers: of twins, the most copies seen inside one answer count. */
class CopyUnion {
  readonly #copies = new Map<string, { entry: Entry; count: number }>();

  /** Entries with twins: grows when a pass adds something. */
  get size(): number {
    let size = 0;
    for (const { count } of this.#copies.values()) size += count;
    return size;
  }

  add(answer: readonly Entry[]): void {
    const counts = new Map<string, { entry: Entry; count: number }>();
    for (const entry of answer) {
      const seen = counts.get(entry.baseId);
      if (seen === undefined) counts.set(entry.baseId, { entry, count: 1 });
      else seen.count++;
    }
    for (const [id, { entry, count }] of counts) {
      const known = this.#copies.get(id);
      if (known === undefined) this.#copies.set(id, { entry, count });
      else if (count > known.count) known.count = count;
    }
  }

  entries(): Entry[] {
    const result: Entry[] = [];
    for (const { entry, count } of this.#copies.values()) {
      for (let copy = 0; copy < count; copy++) result.push(entry);
    }
    return result;
  }
}
