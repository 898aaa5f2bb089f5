import { releaseOwnMemory } from '../runtime/release-memory.ts';
import type { Segment, SegmentLease } from './types.ts';

/**
 * A segment in memory, and how many use it. When the last one is done, its memory is given back at once: left to the
 * garbage collector, tens of megabytes would gather.
 */
export class SharedSegment {
  /** For those who look at it without waiting in between; {@link lease} or {@link escape} otherwise. */
  readonly segment: Segment;
  #users = 0;
  #released = false;

  constructor(segment: Segment) {
    this.segment = segment;
  }

  /** Whether its memory was given back: it has to be read again. */
  get released(): boolean {
    return this.#released;
  }

  /** Keeps it until the lease is released. */
  lease(): SegmentLease {
    this.#users += 1;
    let held = true;
    return {
      segment: this.segment,
      release: () => {
        if (!held) return;
        held = false;
        this.#users -= 1;
        if (this.#users > 0) return;
        this.#released = true;
        releaseOwnMemory(this.segment.bytes);
      },
    };
  }

  /** The segment for somebody who will not say when he is done: the garbage collector finds out. */
  escape(): Segment {
    this.#users = Number.POSITIVE_INFINITY;
    return this.segment;
  }
}

interface Kept {
  readonly shared: SharedSegment;
  readonly lease: SegmentLease;
}

/** Segments in memory, up to a number of bytes: the least recently used ones go first. */
export class SegmentCache {
  readonly #maxBytes: number;
  /** In order of use, oldest first. */
  readonly #segments = new Map<number, Kept>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Segment `n` if it is in memory. */
  get(n: number): SharedSegment | undefined {
    const kept = this.#segments.get(n);
    if (kept === undefined) return undefined;
    this.#segments.delete(n);
    this.#segments.set(n, kept);
    return kept.shared;
  }

  /** Keeps `segment`, unless it alone is too large. Takes its memory over. */
  add(segment: Segment): SharedSegment {
    const shared = new SharedSegment(segment);
    const { n } = segment.header;
    this.#drop(n);
    if (sizeOf(segment) > this.#maxBytes) return shared;
    this.#segments.set(n, { shared, lease: shared.lease() });
    this.#bytes += sizeOf(segment);
    for (const oldest of this.#segments.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
    return shared;
  }

  /** Lets go of all of them. */
  clear(): void {
    for (const n of [...this.#segments.keys()]) this.#drop(n);
  }

  #drop(n: number): void {
    const kept = this.#segments.get(n);
    if (kept === undefined) return;
    this.#segments.delete(n);
    this.#bytes -= sizeOf(kept.shared.segment);
    kept.lease.release();
  }
}

function sizeOf({ header, lineStarts }: Segment): number {
  return lineStarts[header.count]! + lineStarts.byteLength;
}
