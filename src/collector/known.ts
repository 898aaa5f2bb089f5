import { readEntry } from '../event/answer.ts';
import type { Nanos, Span } from '../event/span.ts';
import { type SpanSet, spanAt, subtractSpans } from '../event/span-set.ts';
import { entryBytesAt, idAt } from '../journal/lines.ts';
import type { Journal, Segment, SegmentSummary } from '../journal/types.ts';
import { hasCode } from '../runtime/errors.ts';
import type { Anchor } from './judge.ts';

/** Ids and times of one segment's dated entries, in the segment's order (ascending time). */
interface SegmentIds {
  readonly ids: readonly string[];
  readonly times: readonly Nanos[];
}

/** Entries whose ids are kept in memory: about 10 MB. */
const MAX_CACHED = 60_000;

/**
 * What the journal holds of a span, read segment by segment: memory stays bounded at any rate of entries.
 */
export class KnownEntries {
  readonly #journal: Journal;
  /** In order of use, oldest first. */
  readonly #cache = new Map<number, SegmentIds>();
  #cached = 0;
  /** Ids of undated entries, and the number of segments they were taken from. */
  #undated: { readonly ids: Set<string>; segments: number } = { ids: new Set(), segments: 0 };

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Event ids of all dated entries in `span`. */
  async idsIn(span: Span): Promise<ReadonlySet<string>> {
    return untrimmed(() => this.#idsIn(span));
  }

  async #idsIn(span: Span): Promise<ReadonlySet<string>> {
    const result = new Set<string>();
    for (const { n } of await this.#journal.touching(span)) {
      const { ids, times } = await this.#idsOf(n);
      for (let i = lowerBound(times, span.from); i < times.length && times[i]! < span.to; i++) {
        result.add(ids[i]!);
      }
    }
    return result;
  }

  /** Event ids of all undated entries: known for ever, since they belong to no span. */
  async undatedIds(): Promise<ReadonlySet<string>> {
    const segments = this.#journal.head.undated;
    for (const n of segments.slice(this.#undated.segments)) {
      const { segment, release } = await this.#journal.lease(n);
      for (let i = 0; i < segment.header.count; i++) this.#undated.ids.add(idAt(segment, i));
      release();
      this.#undated.segments++;
    }
    return this.#undated.ids;
  }

  /**
   * The last entries known before `at`, if coverage reaches from them to `at` without a hole; undefined otherwise.
   * What retention has removed is such a hole: older entries are no anchor, for all behind them would be read again.
   */
  async anchorBefore(at: Nanos, coverage: SpanSet): Promise<Anchor | undefined> {
    return untrimmed(() => this.#anchorBefore(at, coverage));
  }

  async #anchorBefore(at: Nanos, coverage: SpanSet): Promise<Anchor | undefined> {
    const whole = spanAt(coverage, at - 1n);
    const known = whole && subtractSpans(whole, this.#journal.trimmed?.spans ?? []);
    const covered = known && spanAt(known, at - 1n);
    if (covered === undefined) return undefined;
    const candidates = [...(await this.#journal.touching({ from: covered.from, to: at }))];
    candidates.sort(byNewestFirst);
    let best: Nanos | undefined;
    for (const { n, last } of candidates) {
      if (best !== undefined && last! < best) break;
      const newest = lastBefore((await this.#idsOf(n)).times, at);
      if (newest !== undefined && newest >= covered.from && (best === undefined || newest > best))
        best = newest;
    }
    return best === undefined ? undefined : { at: best, ids: await this.#baseIdsAt(best) };
  }

  async #baseIdsAt(at: Nanos): Promise<Map<string, number>> {
    const result = new Map<string, number>();
    for (const { n } of await this.#journal.touching({ from: at, to: at + 1n })) {
      const { times } = await this.#idsOf(n);
      const { segment, release } = await this.#journal.lease(n);
      for (let i = lowerBound(times, at); i < times.length && times[i] === at; i++) {
        const { baseId } = readEntry(entryBytesAt(segment, i).bytes);
        result.set(baseId, (result.get(baseId) ?? 0) + 1);
      }
      release();
    }
    return result;
  }

  async #idsOf(n: number): Promise<SegmentIds> {
    const cached = this.#cache.get(n);
    if (cached !== undefined) {
      this.#cache.delete(n);
      this.#cache.set(n, cached);
      return cached;
    }
    const { segment, release } = await this.#journal.lease(n);
    const loaded = idsOfSegment(segment);
    release();
    this.#cache.set(n, loaded);
    this.#cached += loaded.ids.length;
    for (const [oldest, { ids }] of this.#cache) {
      if (this.#cached <= MAX_CACHED || oldest === n) break;
      this.#cache.delete(oldest);
      this.#cached -= ids.length;
    }
    return loaded;
  }
}

/** Runs `read` again when retention has removed what it was about to read. */
async function untrimmed<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!hasCode(error, 'journal.trimmed')) throw error;
    }
  }
}

function idsOfSegment(segment: Segment): SegmentIds {
  const ids: string[] = [];
  const times: Nanos[] = [];
  for (let i = 0; i < segment.header.count; i++) {
    const { at } = readEntry(entryBytesAt(segment, i).bytes);
    if (at === undefined) break;
    ids.push(idAt(segment, i));
    times.push(at);
  }
  return { ids, times };
}

function byNewestFirst(a: SegmentSummary, b: SegmentSummary): number {
  return a.last! > b.last! ? -1 : a.last! < b.last! ? 1 : 0;
}

/** Index of the first time at or behind `at`. */
function lowerBound(times: readonly Nanos[], at: Nanos): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastBefore(times: readonly Nanos[], at: Nanos): Nanos | undefined {
  return times[lowerBound(times, at) - 1];
}
