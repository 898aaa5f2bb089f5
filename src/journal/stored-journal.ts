import type { Span } from '../event/span.ts';
import type { Clock } from '../runtime/clock.ts';
import { ConnectorError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Store } from '../store/store.ts';
import { damaged, trimmedAway } from './damage.ts';
import { HeadWaiters } from './head-waiters.ts';
import { type HeldSegments, LazyIndex } from './lazy-index.ts';
import { checkLink, type Found, recover } from './recovery.ts';
import { encodeSegment } from './segment.ts';
import type { SegmentCache, SharedSegment } from './segment-cache.ts';
import type { SegmentFiles } from './segment-files.ts';
import { readTrim, writeTrim } from './trim-record.ts';
import type {
  Genesis,
  Journal,
  Segment,
  SegmentDraft,
  SegmentHeader,
  SegmentLease,
  SegmentSummary,
  StoredSegment,
  TrimRecord,
} from './types.ts';
import { SEGMENT_FORMAT } from './types.ts';

/** What a {@link StoredJournal} works with. */
export interface StoredJournalDeps {
  readonly store: Store;
  readonly files: SegmentFiles;
  /** Holds the segments of the overlap, which recovery has read. */
  readonly cache: SegmentCache;
  readonly clock: Clock;
  readonly log: Log;
}

/** A segment that was encoded, and may be in the store although the store has thrown. */
interface Attempt {
  readonly draft: SegmentDraft;
  readonly segment: Segment;
  readonly body: Buffer;
}

/**
 * {@link Journal} in a store. Correct for several processes on one store by `putIfAbsent` alone: segment n+1 is
 * written by one of them, and names the hash of the segment n that all of them have read.
 */
export class StoredJournal implements Journal {
  readonly sourceId: string;
  readonly #deps: StoredJournalDeps;
  readonly #waiters = new HeadWaiters();
  readonly #index: LazyIndex;
  readonly #loading = new Map<number, Promise<SharedSegment>>();
  #genesis: Genesis;
  #head: SegmentHeader;
  #headHash: string;
  #trim: TrimRecord | undefined;
  #attempt: Attempt | undefined;
  /** Another process was faster, and what it wrote was not read to its end yet: no draft made before may be written. */
  #behind = false;
  #appending = false;

  /** @param found what recovery has read */
  constructor(deps: StoredJournalDeps, found: Found) {
    this.sourceId = deps.files.source;
    this.#deps = deps;
    this.#genesis = found.genesis.header.genesis!;
    this.#head = found.head.header;
    this.#headHash = found.head.hash;
    this.#trim = found.trim;
    this.#index = new LazyIndex(
      () => this.held,
      (n) => this.header(n),
    );
  }

  get genesis(): Genesis {
    return this.#genesis;
  }

  get head(): SegmentHeader {
    return this.#head;
  }

  get headHash(): string {
    return this.#headHash;
  }

  /** A record that begins with segment 1 is there since a repair, and removed nothing. */
  get trimmed(): TrimRecord | undefined {
    return this.#trim !== undefined && this.#trim.begins > 1 ? this.#trim : undefined;
  }

  /** Which segments there are. */
  get held(): HeldSegments {
    const begins = this.#trim?.begins ?? 1;
    return { kept: [0, ...this.#head.undated.filter((n) => n < begins)], begins, head: this.#head.n };
  }

  async append(draft: SegmentDraft): Promise<SegmentLease | undefined> {
    if (this.#appending) throw new Error('Journal.append was called while a call was under way: a defect.');
    this.#appending = true;
    try {
      if (!this.#behind) {
        this.#attempt = await this.#attemptOf(draft);
        const { segment, body } = this.#attempt;
        const ours = (await this.#deps.files.put(segment, body)) && !(await this.#isHole(segment.header.n));
        this.#attempt = undefined;
        if (ours) {
          this.#deps.files.discard(body);
          return this.#advance(segment).lease();
        }
        this.#behind = true;
      }
      await this.#catchUp();
      this.#behind = false;
      return undefined;
    } finally {
      this.#appending = false;
    }
  }

  read(n: number): Promise<Segment> {
    return this.#share(n, (shared) => shared.escape());
  }

  lease(n: number): Promise<SegmentLease> {
    return this.#share(n, (shared) => shared.lease());
  }

  shrink(): void {
    this.#deps.cache.clear();
  }

  async #share<T>(n: number, use: (shared: SharedSegment) => T): Promise<T> {
    for (;;) {
      const shared = this.#deps.cache.get(n) ?? (await this.#loadOnce(n));
      // Between its loading and now another segment may have taken its place.
      if (!shared.released) return use(shared);
    }
  }

  #loadOnce(n: number): Promise<SharedSegment> {
    const loading = this.#loading.get(n) ?? this.#load(n).finally(() => this.#loading.delete(n));
    this.#loading.set(n, loading);
    return loading;
  }

  /** Header of segment `n`, read without its entries; undefined when retention removed it. */
  async header(n: number): Promise<SegmentHeader | undefined> {
    const { cache, files } = this.#deps;
    const header = cache.get(n)?.segment.header ?? (await files.readHeader(n));
    if (header === undefined) await this.#mustBeTrimmed(n);
    return header;
  }

  async stored(n: number): Promise<StoredSegment | undefined> {
    const found = await this.#deps.files.readStored(n);
    if (found === undefined) {
      await this.#mustBeTrimmed(n);
      return undefined;
    }
    const { kind, count, first, last, written } = found.header;
    return { n, kind, count, first, last, writtenMs: Date.parse(written), bytes: found.bytes };
  }

  touching(span: Span): Promise<readonly SegmentSummary[]> {
    return this.#index.touching(span);
  }

  reached(n: number, signal: AbortSignal): Promise<void> {
    return n <= this.#head.n ? Promise.resolve() : this.#waiters.wait(n, signal);
  }

  /**
   * Puts on record what retention is about to remove. Durable when it resolves. Throws `store.conflict`, also
   * when another process has put more on record.
   */
  async recordTrim(record: TrimRecord): Promise<void> {
    const { store } = this.#deps;
    const stored = await readTrim(store, this.sourceId);
    if (stored !== undefined && stored.record.begins > record.begins) {
      this.#adoptTrim(stored.record);
      throw new ConnectorError(`Another process has removed more of ${this.sourceId} in the meantime.`, {
        code: 'store.conflict',
      });
    }
    await writeTrim(store, this.sourceId, record, stored?.version);
    this.#adoptTrim(record);
  }

  #adoptTrim(record: TrimRecord | undefined): void {
    this.#trim = record;
    this.#index.reset();
  }

  /**
   * The encoded segment for `draft`. A call that is repeated after the store has thrown gives the same bytes, so
   * that a segment whose answer was lost is recognised as our own.
   */
  async #attemptOf(draft: SegmentDraft): Promise<Attempt> {
    const former = this.#attempt;
    if (former?.draft === draft && former.segment.header.prev === this.#headHash) return former;
    const segment = this.#encode(draft);
    return { draft, segment, body: await this.#deps.files.pack(segment) };
  }

  #encode({ entries, ...draft }: SegmentDraft): Segment {
    const n = this.#head.n + 1;
    const hasUndated = draft.kind === 'undated' || entries.some(({ at }) => at === undefined);
    return encodeSegment(
      {
        v: SEGMENT_FORMAT,
        source: this.sourceId,
        n,
        written: new Date(this.#writtenMs()).toISOString(),
        prev: this.#headHash,
        ...draft,
        undated: hasUndated ? [...this.#head.undated, n] : this.#head.undated,
      },
      entries,
    );
  }

  /**
   * Never earlier than the segment before: what was written when is looked up by halves. Genesis does not count: no
   * server has told its time then, and a clock that is ahead would date everything behind it.
   */
  #writtenMs(): number {
    const nowMs = this.#deps.clock.nowMs();
    return this.#head.kind === 'genesis' ? nowMs : Math.max(nowMs, Date.parse(this.#head.written));
  }

  /**
   * Whether number `n`, which should be behind the head, lies where retention has removed segments: this process was
   * stopped for that long. What it writes there is no part of the chain, and goes with the next retention.
   */
  async #isHole(n: number): Promise<boolean> {
    const trim = (await readTrim(this.#deps.store, this.sourceId))?.record;
    return trim !== undefined && n < trim.begins;
  }

  #advance(segment: Segment): SharedSegment {
    const shared = this.#deps.cache.add(segment);
    this.#head = segment.header;
    this.#headHash = segment.hash;
    this.#index.add(segment.header);
    if (segment.header.kind === 'heartbeat') {
      this.#deps.log.info(
        { segment: segment.header.n, hash: segment.hash },
        'heartbeat: hash of the newest segment',
      );
    }
    this.#waiters.reached(segment.header.n);
    return shared;
  }

  /** Another process was faster: takes over what it wrote. */
  async #catchUp(): Promise<void> {
    if (await this.#isHole(this.#head.n + 1)) return this.#startOver();
    const { files } = this.#deps;
    const before = this.#head.n;
    for (;;) {
      const next = await files.read(this.#head.n + 1);
      if (next === undefined) break;
      checkLink(files, next, this.#headHash);
      this.#advance(next);
    }
    // What follows our head was trimmed in between.
    if (this.#head.n === before) await this.#startOver();
  }

  async #startOver(): Promise<void> {
    const { store, files, cache } = this.#deps;
    const found = await recover(store, files, (segment) => void cache.add(segment));
    if (found === undefined) throw damaged(files.key(0), 'it is missing');
    const genesis = found.genesis.header.genesis!;
    if (genesis.chainId !== this.#genesis.chainId) {
      throw damaged(
        files.key(0),
        'another chain has taken its place while this process was running; restart it',
      );
    }
    this.#head = found.head.header;
    this.#headHash = found.head.hash;
    this.#adoptTrim(found.trim);
    this.#waiters.reached(this.#head.n);
  }

  async #load(n: number): Promise<SharedSegment> {
    const { files, cache } = this.#deps;
    const segment = await files.read(n);
    if (segment !== undefined) return cache.add(segment);
    if (n > this.#head.n)
      throw new Error(`Segment ${n} of ${this.sourceId} was read before it was written: a defect.`);
    if (await this.#isTrimmed(n)) throw trimmedAway(this.sourceId, n, this.#trim!.begins);
    throw damaged(files.key(n), 'it is missing');
  }

  async #mustBeTrimmed(n: number): Promise<void> {
    if (!(await this.#isTrimmed(n))) throw damaged(this.#deps.files.key(n), 'it is missing');
  }

  /** Looks into the store as well: another process may apply retention. */
  async #isTrimmed(n: number): Promise<boolean> {
    const goneBy = (record: TrimRecord | undefined) =>
      record !== undefined && n !== 0 && n < record.begins && !this.#head.undated.includes(n);
    if (goneBy(this.#trim)) return true;
    const record = (await readTrim(this.#deps.store, this.sourceId))?.record;
    if (!goneBy(record)) return false;
    this.#adoptTrim(record);
    return true;
  }
}
