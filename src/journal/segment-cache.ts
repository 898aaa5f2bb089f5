import type { Segment } from './types.ts';

/** Segments in memory, up to a number of bytes: the least recently used ones go first. */
export class SegmentCache {
  readonly #maxBytes: number;
  /** In order of use, oldest first. */
  readonly #segments = new Map<number, Segment>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Segment `n` if it is in memory. */
  get(n: number): Segment | undefined {
    const segment = this.#segments.get(n);
    if (segment === undefined) return undefined;
    this.#segments.delete(n);
    this.#segments.set(n, segment);
    return segment;
  }

  /** Keeps `segment`, unless it alone is too large. */
  add(segment: Segment): void {
    const { n } = segment.header;
    this.#drop(n);
    if (sizeOf(segment) > this.#maxBytes) return;
    this.#segments.set(n, segment);
    this.#bytes += sizeOf(segment);
    for (const oldest of this.#segments.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(oldest);
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#segments.clear();
    this.#bytes = 0;
  }

  #drop(n: number): void {
    const segment = this.#segments.get(n);
    if (segment === undefined) return;
    this.#segments.delete(n);
    this.#bytes -= sizeOf(segment);
  }
}

function sizeOf({ bytes, lineStarts }: Segment): number {
  return bytes.length + lineStarts.byteLength;
}
