import type { BatchConfig } from '../config/types.ts';
import type { OutRecord } from '../sink/sink.ts';
import { LineSlab } from './line-slab.ts';

/** The bounds of a batch. */
export type BatchLimits = Pick<BatchConfig, 'maxRecords' | 'maxBytes'>;

/** Records that go out together. */
export interface GatheredBatch {
  /** In the order they were added. */
  readonly records: readonly OutRecord[];
  /** What their lines take, bytes. */
  readonly bytes: number;
  /** Gives the memory of their lines back at once: to be called when nobody reads a line of them any more. */
  release(): void;
}

/**
 * Gathers records until a batch is full by count or by UTF-8 bytes of its lines. A record larger than `maxBytes`
 * goes alone.
 */
export class BatchBuilder {
  readonly #limits: BatchLimits;
  #records: OutRecord[] = [];
  #lines = new LineSlab(0);

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** Records gathered so far. */
  get count(): number {
    return this.#records.length;
  }

  /** Adds `record`, and returns it as the batch holds it. Undefined when it no longer fits: take the batch first. */
  add(record: OutRecord): OutRecord | undefined {
    const maxBytes = this.#records.length === 0 ? Number.POSITIVE_INFINITY : this.#limits.maxBytes;
    const added = this.#lines.add(record, maxBytes);
    if (added !== undefined) this.#records.push(added);
    return added;
  }

  /** Whether nothing more should be added. */
  get full(): boolean {
    return this.#records.length >= this.#limits.maxRecords || this.#lines.lineBytes >= this.#limits.maxBytes;
  }

  /** Hands over what was gathered, and begins anew. */
  take(): GatheredBatch {
    const [records, lines] = [this.#records, this.#lines];
    if (records.length === 0) return { records, bytes: 0, release: () => {} };
    this.#records = [];
    // The next batch is probably as large: room that has to grow is copied.
    this.#lines = new LineSlab(lines.used);
    return { records, bytes: lines.used, release: () => lines.release() };
  }
}
