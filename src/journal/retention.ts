import { unionSpans } from '../event/span-set.ts';
import type { Log } from '../runtime/log.ts';
import type { Store } from '../store/store.ts';
import { numberInName, segmentKey, segmentPrefix } from './keys.ts';
import type { StoredJournal } from './stored-journal.ts';
import type { SegmentHeader } from './types.ts';

/** What {@link applyRetention} works with. */
export interface RetentionOptions {
  readonly store: Store;
  readonly journal: StoredJournal;
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  /** Segments written longer ago than this may go, milliseconds. */
  readonly retentionMs: number;
  /** Lowest segment that a configured sink still needs: it stays, and all above it. */
  readonly neededFrom: number;
  /** Whether what a restart reads for the overlap stays. Default true. */
  readonly keepsOverlap?: boolean;
  /** Most segments to remove in one call. Default: any number. */
  readonly maxSegments?: number;
  readonly log: Log;
}

/**
 * Removes whole segments from the old end of a journal, and returns how many. Genesis, undated segments and the head
 * always stay. What is removed is put on record first; a call after a crash in between
 * ends what that one began. Throws what the store throws.
 */
export async function applyRetention(options: RetentionOptions): Promise<number> {
  const { journal, log } = options;
  const { begins } = journal.held;
  const old = await oldSegments(options, begins);
  const upTo = begins + old.length;
  if (old.length > 0) {
    const { hash } = await journal.read(upTo - 1);
    const gone = old.flatMap(({ answers }) => answers.flatMap(({ proven }) => proven ?? []));
    await journal.recordTrim({
      chainId: journal.genesis.chainId,
      begins: upTo,
      prev: hash,
      spans: unionSpans(journal.trimmed?.spans ?? [], gone),
    });
    log.info({ from: begins, to: upTo - 1 }, 'retention: segments are removed');
  }
  await removeBelow(options, upTo);
  return old.length;
}

/** Headers of the segments that may go, from `begins` on. */
async function oldSegments(options: RetentionOptions, begins: number): Promise<SegmentHeader[]> {
  const { journal, nowMs, retentionMs, neededFrom } = options;
  const { keepsOverlap = true, maxSegments = Number.POSITIVE_INFINITY } = options;
  const { n: head, resume } = journal.head;
  const end = Math.min(neededFrom, head, keepsOverlap ? resume : head, begins + maxSegments);
  const old: SegmentHeader[] = [];
  for (let n = begins; n < end; n++) {
    const header = await journal.header(n);
    if (header === undefined || Date.parse(header.written) > nowMs - retentionMs) break;
    old.push(header);
  }
  return old;
}

async function removeBelow({ store, journal }: RetentionOptions, begins: number): Promise<void> {
  const prefix = segmentPrefix(journal.sourceId);
  const kept = new Set([0, ...journal.head.undated]);
  for (const key of await store.list(prefix)) {
    const n = numberInName(key.slice(prefix.length));
    if (n === undefined || n >= begins) continue;
    if (!kept.has(n)) await store.delete(segmentKey(journal.sourceId, n));
  }
}
