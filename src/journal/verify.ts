import type { Span } from '../event/span.ts';
import type { Store } from '../store/store.ts';
import type { Codec } from './codec.ts';
import { JournalDamage } from './damage.ts';
import { IdSet } from './id-set.ts';
import { repairKey, trimKey } from './keys.ts';
import { SegmentFiles } from './segment-files.ts';
import { readTrim } from './trim-record.ts';
import type { Segment, SegmentHeader, TrimRecord } from './types.ts';
import { ChainCheck, type Fault } from './verify-chain.ts';
import { entryFault } from './verify-entries.ts';

/** Faults that a report lists by default; what lies beyond is counted only. */
const MAX_FAULTS = 100;

/** What {@link verifyJournal} found. */
export interface VerifyReport {
  readonly source: string;
  /** Undefined when there is no genesis that can be read. */
  readonly chainId: string | undefined;
  /** The lowest number of the chain; below are genesis and undated segments only. */
  readonly begins: number;
  /** The highest number there is; -1 when there is no journal. */
  readonly ends: number;
  /** Segments that are whole, and the entries in them. */
  readonly segments: number;
  readonly entries: number;
  /**
   * The newest segment, to be compared with what the log says: that the newest ones were cut off shows nowhere else.
   */
  readonly head: { readonly n: number; readonly hash: string } | undefined;
  /** Event time that retention has removed. */
  readonly trimmed: readonly Span[];
  /** The first faults found, at most `maxFaults`; empty when all is well. */
  readonly faults: readonly Fault[];
  /** Number of all faults. */
  readonly faultCount: number;
  /** The highest segment of the chain before its first fault; `begins - 1` when there is none. */
  readonly lastGood: number;
}

/** What {@link verifyJournal} may be told. */
export interface VerifyOptions {
  /** Default gzip. */
  readonly codec?: Codec | undefined;
  /** Faults that the report lists, default 100. */
  readonly maxFaults?: number | undefined;
  /** Ends it early, by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Checks the journal of a source without the API: every segment's number, hash, shape and sums, every entry's id,
 * order and place in coverage, and that no id occurs twice. Reads one segment at a time; keeps 23 to 46 bytes an
 * entry. Changes nothing. Throws `journal.newer_format`, and what the store throws.
 */
export async function verifyJournal(
  store: Store,
  source: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const files = new SegmentFiles(store, source, options.codec);
  return new Verification(store, files, options.maxFaults ?? MAX_FAULTS).run(options.signal);
}

class Verification {
  readonly #store: Store;
  readonly #files: SegmentFiles;
  readonly #maxFaults: number;
  readonly #ids = new IdSet();
  readonly #faults: Fault[] = [];
  #faultCount = 0;
  #segments = 0;
  #entries = 0;
  #begins = 1;
  #firstFault = Number.POSITIVE_INFINITY;
  #trimBroken = false;

  constructor(store: Store, files: SegmentFiles, maxFaults: number) {
    this.#store = store;
    this.#files = files;
    this.#maxFaults = maxFaults;
  }

  async run(signal: AbortSignal | undefined): Promise<VerifyReport> {
    await this.#checkMarker();
    const numbers = await this.#files.numbers();
    const trim = await this.#readTrim(numbers);
    const exists = numbers.length > 0 || trim !== undefined;
    const genesis = exists ? await this.#read(0) : undefined;
    this.#checkTrim(trim, genesis);
    const chain = new ChainCheck(this.#files.source, { genesis, trim, trimBroken: this.#trimBroken });
    const ends = Math.max(numbers.at(-1) ?? -1, this.#begins > 1 ? this.#begins : -1);
    for (let n = this.#begins; n <= ends; n++) {
      signal?.throwIfAborted();
      this.#tell(chain.add(n, await this.#read(n)));
    }
    this.#tell(chain.end());
    const newest = chain.newest;
    for (const n of this.#kept(newest?.header, numbers)) await this.#read(n);
    return {
      source: this.#files.source,
      chainId: genesis?.header.genesis?.chainId,
      begins: this.#begins,
      ends,
      segments: this.#segments,
      entries: this.#entries,
      head: newest && { n: newest.header.n, hash: newest.hash },
      trimmed: trim?.spans ?? [],
      faults: this.#faults,
      faultCount: this.#faultCount,
      lastGood: Math.max(Math.min(this.#firstFault - 1, ends), this.#begins - 1),
    };
  }

  async #checkMarker(): Promise<void> {
    const key = repairKey(this.#files.source);
    if ((await this.#store.get(key)) === undefined) return;
    this.#tell([{ key, reason: 'a repair was interrupted: run `repair` again', n: undefined }]);
  }

  /** The trim record; when it cannot be read, the chain is taken to begin behind the last hole. */
  async #readTrim(numbers: readonly number[]): Promise<TrimRecord | undefined> {
    try {
      const trim = (await readTrim(this.#store, this.#files.source))?.record;
      this.#begins = trim?.begins ?? 1;
      return trim;
    } catch (error) {
      if (!(error instanceof JournalDamage)) throw error;
      this.#tell([{ key: error.key, reason: error.reason, n: undefined }]);
      this.#trimBroken = true;
      this.#begins = behindLastHole(numbers);
      return undefined;
    }
  }

  #checkTrim(trim: TrimRecord | undefined, genesis: Segment | undefined): void {
    const chainId = genesis?.header.genesis?.chainId;
    if (trim === undefined || chainId === undefined || trim.chainId === chainId) return;
    const reason = `it is of chain ${trim.chainId}, and the journal's chain is ${chainId}`;
    this.#tell([{ key: trimKey(this.#files.source), reason, n: undefined }]);
  }

  /** What retention has kept; when no segment of the chain tells, what is there. */
  #kept(newest: SegmentHeader | undefined, numbers: readonly number[]): number[] {
    const known = newest !== undefined && newest.n >= this.#begins ? newest.undated : numbers;
    return known.filter((n) => n > 0 && n < this.#begins);
  }

  /** Segment `n` if it is whole by itself; otherwise its fault is told. */
  async #read(n: number): Promise<Segment | undefined> {
    try {
      const segment = await this.#files.read(n);
      const reason = segment === undefined ? 'it is missing' : entryFault(segment, this.#ids);
      if (reason === undefined) {
        this.#segments += 1;
        this.#entries += segment!.header.count;
        return segment;
      }
      this.#tell([{ key: this.#files.key(n), reason, n }]);
    } catch (error) {
      if (!(error instanceof JournalDamage)) throw error;
      this.#tell([{ key: error.key, reason: error.reason, n }]);
    }
    return undefined;
  }

  #tell(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#faultCount += 1;
      if (this.#faults.length < this.#maxFaults) this.#faults.push(fault);
      if (fault.n !== undefined && fault.n >= this.#begins)
        this.#firstFault = Math.min(this.#firstFault, fault.n);
    }
  }
}

function behindLastHole(numbers: readonly number[]): number {
  let i = numbers.length - 1;
  while (i > 0 && numbers[i - 1] === numbers[i]! - 1) i -= 1;
  return Math.max(1, numbers[i] ?? 1);
}
