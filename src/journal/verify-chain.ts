import { subtractSpans } from '../event/span-set.ts';
import { segmentKey, trimKey } from './keys.ts';
import type { Segment, SegmentHeader, TrimRecord } from './types.ts';

/** One thing that is wrong with a journal. */
export interface Fault {
  /** Key of the object. */
  readonly key: string;
  /** What is wrong with it. */
  readonly reason: string;
  /** Number of the segment; undefined when it is no segment. */
  readonly n: number | undefined;
}

/** What of a segment the chain is made of. */
interface Link {
  readonly header: SegmentHeader;
  readonly hash: string;
}

/** What the chain hangs on. */
export interface Anchor {
  /** Undefined when it cannot be read. */
  readonly genesis: Segment | undefined;
  readonly trim: TrimRecord | undefined;
  /** There is a trim record that cannot be read: nobody knows then what the lowest segment must follow. */
  readonly trimBroken: boolean;
}

/**
 * Checks how segments follow each other. When a segment names another hash than that of the one before it, the
 * next segment tells which of the two was changed: the one whose hash nobody names.
 */
export class ChainCheck {
  readonly #source: string;
  readonly #anchor: Anchor;
  #before: Link | undefined;
  /** The newest segment does not follow the one before it, and it is not known yet which is wrong. */
  #broken = false;
  #newest: Link | undefined;

  constructor(source: string, anchor: Anchor) {
    this.#source = source;
    this.#anchor = anchor;
    if (anchor.trim === undefined && !anchor.trimBroken) this.#before = anchor.genesis;
    this.#newest = anchor.genesis;
  }

  /** The newest segment that could be read; genesis when there is no other. */
  get newest(): Link | undefined {
    return this.#newest;
  }

  /** Takes segment `n`, undefined when it cannot be read. Returns what is wrong, with earlier segments too. */
  add(n: number, segment: Link | undefined): Fault[] {
    if (segment === undefined) {
      const faults = this.end();
      this.#before = undefined;
      return faults;
    }
    const expected = this.#expected(n);
    const follows = expected === undefined || segment.header.prev === expected;
    const faults = this.#resolve(n, follows && expected !== undefined);
    if (!follows && faults.length === 0) this.#broken = true;
    faults.push(...this.#ownFaults(n, segment));
    this.#before = segment;
    this.#newest = segment;
    return faults;
  }

  /** To be called behind the last segment: what could not be decided between two segments. */
  end(): Fault[] {
    if (!this.#broken) return [];
    this.#broken = false;
    const { n } = this.#before!.header;
    return [
      this.#anchorFault(n, `it, or segment ${n} behind it, was changed`),
      this.#fault(n, `it does not follow segment ${n - 1}: one of the two was changed`),
    ];
  }

  /** Who broke the link before the newest segment, now that it is known whether `n` follows that one. */
  #resolve(n: number, follows: boolean): Fault[] {
    if (!this.#broken) return [];
    this.#broken = false;
    const suspect = n - 1;
    if (!follows) return [this.#fault(suspect, 'it was changed: neither neighbour fits it')];
    return [this.#anchorFault(suspect, `it was changed: segment ${suspect} names another hash for it`)];
  }

  /** The hash that segment `n` must name as `prev`; undefined when what stands before it cannot be read. */
  #expected(n: number): string | undefined {
    const { genesis, trim, trimBroken } = this.#anchor;
    if (n === trim?.begins) return trim.prev;
    return n === 1 && !trimBroken ? genesis?.hash : this.#before?.hash;
  }

  #ownFaults(n: number, { header, hash }: Link): Fault[] {
    const faults: Fault[] = [];
    const replaces = this.#anchor.genesis?.header.genesis?.replaces;
    if (replaces?.n === n && replaces.hash !== hash) {
      faults.push(this.#fault(n, 'it is not the segment that genesis names as the last good one'));
    }
    if (header.resume > n) faults.push(this.#fault(n, 'its resume lies behind it'));
    const before = this.#before?.header;
    if (before === undefined) return faults;
    if (before.coverage.some((span) => subtractSpans(span, header.coverage).length > 0)) {
      faults.push(this.#fault(n, `its coverage lacks some of that of segment ${n - 1}`));
    }
    const known = header.undated.at(-1) === n ? header.undated.slice(0, -1) : header.undated;
    if (known.join() !== before.undated.join())
      faults.push(this.#fault(n, 'its list of undated segments is wrong'));
    return faults;
  }

  /** A fault of what stands before segment `n`: a segment, or what the chain hangs on. */
  #anchorFault(n: number, reason: string): Fault {
    const trimmed = n === this.#anchor.trim?.begins;
    return trimmed ? { key: trimKey(this.#source), reason, n: undefined } : this.#fault(n - 1, reason);
  }

  #fault(n: number, reason: string): Fault {
    return { key: segmentKey(this.#source, n), reason, n };
  }
}
