import type { Span } from '../../src/event/span.ts';
import { encodeSegment } from '../../src/journal/segment.ts';
import {
  type Genesis,
  type Journal,
  type JournalEntry,
  SEGMENT_FORMAT,
  type Segment,
  type SegmentDraft,
  type SegmentHeader,
  type SegmentKind,
  type SegmentLease,
  type SegmentSummary,
  type StoredSegment,
  type TrimRecord,
} from '../../src/journal/types.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { releaseMemory } from '../../src/runtime/release-memory.ts';

/** Options of a {@link MemoryJournal}. */
export interface MemoryJournalOptions {
  sourceId?: string;
  chainId?: string;
  /** Wall clock for `written`, milliseconds. Default: 2026-01-01T00:00:00Z, always. */
  nowMs?: () => number;
}

/** A {@link Journal} that keeps its segments in memory, with real segment bytes, for tests of what reads it. */
export class MemoryJournal implements Journal {
  readonly sourceId: string;
  readonly genesis: Genesis;
  trimmed: TrimRecord | undefined;
  readonly #nowMs: () => number;
  readonly #segments: Segment[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: MemoryJournalOptions = {}) {
    this.sourceId = options.sourceId ?? 'acme';
    this.genesis = { chainId: options.chainId ?? '00000000000000aa', start: 0n, fingerprint: '0'.repeat(64) };
    this.#nowMs = options.nowMs ?? (() => Date.UTC(2026, 0, 1));
    this.#commit({
      kind: 'genesis',
      entries: [],
      answers: [],
      coverage: [],
      gaps: [],
      resume: 0,
      largestPage: 0,
    });
  }

  get head(): SegmentHeader {
    return this.#segments.at(-1)!.header;
  }

  get headHash(): string {
    return this.#segments.at(-1)!.hash;
  }

  shrink(): void {}

  async append(draft: SegmentDraft): Promise<SegmentLease> {
    return { segment: this.#commit(draft), release: () => {} };
  }

  /** Appends a segment of `entries`. */
  add(entries: readonly JournalEntry[], kind: SegmentKind = 'live'): Segment {
    return this.#commit({ kind, entries, answers: [], coverage: [], gaps: [], resume: 0, largestPage: 0 });
  }

  /** Removes the segments below `begins` as retention does: genesis and undated ones stay. */
  trim(begins: number, spans: readonly Span[] = []): void {
    const prev = this.#segments[begins - 1]!.hash;
    this.trimmed = { chainId: this.genesis.chainId, begins, prev, spans };
  }

  async read(n: number): Promise<Segment> {
    const segment = this.#segments[n];
    if (segment === undefined) throw new ConnectorError(`no segment ${n}`, { code: 'journal.damaged' });
    if (!this.#held(segment))
      throw new ConnectorError(`segment ${n} is trimmed`, { code: 'journal.trimmed' });
    return segment;
  }

  /** Memory of its own for each lease, gone with it: whoever reads on learns it. */
  async lease(n: number): Promise<SegmentLease> {
    const { bytes, ...rest } = await this.read(n);
    const own = Buffer.allocUnsafeSlow(bytes.length);
    own.set(bytes);
    return { segment: { ...rest, bytes: own }, release: () => releaseMemory(own) };
  }

  /** As large as it is uncompressed. */
  async stored(n: number): Promise<StoredSegment | undefined> {
    const segment = this.#segments[n];
    if (segment === undefined) throw new ConnectorError(`no segment ${n}`, { code: 'journal.damaged' });
    if (!this.#held(segment)) return undefined;
    const { kind, count, first, last, written } = segment.header;
    return { n, kind, count, first, last, writtenMs: Date.parse(written), bytes: segment.bytes.length };
  }

  async touching(span: Span): Promise<readonly SegmentSummary[]> {
    return this.#segments
      .filter((segment) => this.#held(segment))
      .map(({ header: { n, kind, count, first, last } }) => ({ n, kind, count, first, last }))
      .filter(
        ({ first, last }) =>
          first !== undefined && last !== undefined && first < span.to && last >= span.from,
      );
  }

  reached(n: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        signal.removeEventListener('abort', look);
        this.#waiting.delete(look);
      };
      const look = () => {
        if (this.head.n >= n) resolve();
        else if (signal.aborted) reject(signal.reason);
        else return;
        end();
      };
      this.#waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Calls of {@link reached} that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  #commit(draft: SegmentDraft): Segment {
    const n = this.#segments.length;
    const undated = this.#segments.at(-1)?.header.undated ?? [];
    const header = {
      ...draft,
      v: SEGMENT_FORMAT,
      source: this.sourceId,
      n,
      written: new Date(this.#nowMs()).toISOString(),
      prev: this.#segments.at(-1)?.hash ?? '0'.repeat(64),
      undated: draft.kind === 'undated' ? [...undated, n] : undated,
      genesis: n === 0 ? this.genesis : undefined,
    };
    const segment = encodeSegment(header, draft.entries);
    this.#segments.push(segment);
    for (const look of [...this.#waiting]) look();
    return segment;
  }

  #held({ header: { n, kind } }: Segment): boolean {
    return n >= (this.trimmed?.begins ?? 0) || kind === 'genesis' || kind === 'undated';
  }
}
