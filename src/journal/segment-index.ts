import { floorSecond, type Nanos, SECOND, type Span } from '../event/span.ts';
import type { SegmentKind, SegmentSummary } from './types.ts';

const KINDS: readonly SegmentKind[] = ['genesis', 'live', 'backfill', 'late', 'undated', 'heartbeat', 'gap'];
const INITIAL = 256;

/** Summaries of segments, 33 bytes each (up to twice that while it grows), in order of their numbers. */
export class SegmentIndex {
  #size = 0;
  #n = new Uint32Array(INITIAL);
  #kind = new Uint8Array(INITIAL);
  #count = new Uint32Array(INITIAL);
  /** Seconds, rounded down; not a number without dated entries. Years up to 9999 do not fit 64 bits of nanoseconds. */
  #firstSecond = new Float64Array(INITIAL);
  #firstRest = new Uint32Array(INITIAL);
  #lastSecond = new Float64Array(INITIAL);
  #lastRest = new Uint32Array(INITIAL);

  /** Adds a segment; its number is higher than all others. */
  add({ n, kind, count, first, last }: SegmentSummary): void {
    if (this.#size === this.#n.length) this.#grow();
    const i = this.#size++;
    this.#n[i] = n;
    this.#kind[i] = KINDS.indexOf(kind);
    this.#count[i] = count;
    [this.#firstSecond[i], this.#firstRest[i]] = split(first);
    [this.#lastSecond[i], this.#lastRest[i]] = split(last);
  }

  /** Segments with entries in `span`, judged by the first and last of each, ascending. */
  touching(span: Span): SegmentSummary[] {
    const result: SegmentSummary[] = [];
    const [fromSecond] = split(span.from);
    const [toSecond] = split(span.to);
    for (let i = 0; i < this.#size; i++) {
      // False for segments without dated entries, whose seconds are not numbers.
      if (!(this.#firstSecond[i]! <= toSecond! && this.#lastSecond[i]! >= fromSecond!)) continue;
      const summary = this.#at(i);
      if (summary.first! < span.to && summary.last! >= span.from) result.push(summary);
    }
    return result;
  }

  #at(i: number): SegmentSummary {
    return {
      n: this.#n[i]!,
      kind: KINDS[this.#kind[i]!]!,
      count: this.#count[i]!,
      first: join(this.#firstSecond[i]!, this.#firstRest[i]!),
      last: join(this.#lastSecond[i]!, this.#lastRest[i]!),
    };
  }

  #grow(): void {
    const size = this.#size * 2;
    this.#n = enlarged(this.#n, new Uint32Array(size));
    this.#kind = enlarged(this.#kind, new Uint8Array(size));
    this.#count = enlarged(this.#count, new Uint32Array(size));
    this.#firstSecond = enlarged(this.#firstSecond, new Float64Array(size));
    this.#firstRest = enlarged(this.#firstRest, new Uint32Array(size));
    this.#lastSecond = enlarged(this.#lastSecond, new Float64Array(size));
    this.#lastRest = enlarged(this.#lastRest, new Uint32Array(size));
  }
}

function enlarged<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

function split(at: Nanos | undefined): [second: number, rest: number] {
  if (at === undefined) return [Number.NaN, 0];
  const floor = floorSecond(at);
  return [Number(floor / SECOND), Number(at - floor)];
}

function join(second: number, rest: number): Nanos {
  return BigInt(second) * SECOND + BigInt(rest);
}
