import type { BatchConfig } from '../config/types.ts';
import type { OutRecord } from '../sink/sink.ts';

/** The bounds of a batch. */
export type BatchLimits = Pick<BatchConfig, 'maxRecords' | 'maxBytes'>;

/** UTF-8 bytes that one UTF-16 unit takes at most. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Gathers records until a batch is full by count or by UTF-8 bytes of its lines. A record larger than `maxBytes`
 * goes alone.
 */
export class BatchBuilder {
  readonly #limits: BatchLimits;
  #records: OutRecord[] = [];
  /** At least the bytes of the lines: exact once that could matter, since counting them costs. */
  #bytes = 0;
  #exact = true;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  /** Records gathered so far. */
  get count(): number {
    return this.#records.length;
  }

  /** Adds `record`. False, and nothing added, when it no longer fits: take the batch first. */
  add(record: OutRecord): boolean {
    const { maxBytes } = this.#limits;
    let bytes = record.line.length * MAX_BYTES_PER_UNIT;
    if (this.#bytes + bytes < maxBytes) this.#exact = false;
    else {
      this.#count();
      bytes = Buffer.byteLength(record.line);
      if (this.#records.length > 0 && this.#bytes + bytes > maxBytes) return false;
    }
    this.#records.push(record);
    this.#bytes += bytes;
    return true;
  }

  /** Whether nothing more should be added. */
  get full(): boolean {
    return this.#records.length >= this.#limits.maxRecords || this.#bytes >= this.#limits.maxBytes;
  }

  /** Hands over what was gathered, and begins anew. */
  take(): OutRecord[] {
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    this.#exact = true;
    return records;
  }

  #count(): void {
    if (this.#exact) return;
    this.#bytes = 0;
    for (const { line } of this.#records) this.#bytes += Buffer.byteLength(line);
    this.#exact = true;
  }
}
