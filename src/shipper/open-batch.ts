import { ConnectorError } from '../runtime/errors.ts';
import type { OutRecord, Refusal, WriteResult } from '../sink/sink.ts';

/** A record without a fate yet is open; one that is stored, or safe in the dead letters, is not. */
const OPEN = 1;
const CLOSED = 0;

/** A batch on its way: which of its records still have no fate. */
export class OpenBatch {
  readonly records: readonly OutRecord[];
  readonly #fates: Uint8Array;
  #open: number;
  #limit: number;

  constructor(records: readonly OutRecord[]) {
    this.records = records;
    this.#fates = new Uint8Array(records.length).fill(OPEN);
    this.#open = records.length;
    this.#limit = records.length;
  }

  /** How many records have no fate yet. */
  get open(): number {
    return this.#open;
  }

  /** The first record without a fate: the cursor may stand there, and no further. */
  get firstOpen(): OutRecord | undefined {
    return this.#open === 0 ? undefined : this.records[this.#fates.indexOf(OPEN)];
  }

  /** Indexes of the records to send now: open ones in order, as many as the sink takes at once. */
  due(): number[] {
    const due: number[] = [];
    for (let index = 0; index < this.#fates.length && due.length < this.#limit; index += 1) {
      if (this.#fates[index] === OPEN) due.push(index);
    }
    return due;
  }

  /** The sink finds what it got too large: send half as many. */
  halve(sent: number): void {
    this.#limit = Math.ceil(sent / 2);
  }

  /**
   * Takes in what a sink said of the records sent (`sent`: their indexes here), closes those stored, and returns
   * the refused ones by their indexes here; they stay open until {@link close}. Throws `sink.protocol` when the
   * answer speaks of records that were not sent.
   */
  settle(sent: readonly number[], { retry, refused }: WriteResult): Refusal[] {
    const again = new Set(retry);
    const refusals: Refusal[] = [];
    for (const { index, reason } of refused) {
      again.add(index);
      refusals.push({ index: sent[index] ?? -1, reason });
    }
    for (const index of again) {
      if (sent[index] !== undefined) continue;
      throw new ConnectorError(
        `The sink spoke of record ${index} of a batch of ${sent.length}: a defect of the sink.`,
        {
          code: 'sink.protocol',
        },
      );
    }
    for (let index = 0; index < sent.length; index += 1) if (!again.has(index)) this.close(sent[index]!);
    return refusals;
  }

  /** The record at `index` has its fate. */
  close(index: number): void {
    if (this.#fates[index] === OPEN) this.#open -= 1;
    this.#fates[index] = CLOSED;
  }
}
