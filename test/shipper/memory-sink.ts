import type {
  Batch,
  Sink,
  SinkContext,
  SinkState,
  SinkWriter,
  SourceRef,
  WriteResult,
} from '../../src/sink/sink.ts';

/** What becomes of a batch: the default is that all of it is stored. */
export type Behaviour = (
  batch: Batch,
  signal: AbortSignal,
  attempt: number,
) => WriteResult | Promise<WriteResult>;

/** All stored. */
export const STORED: WriteResult = { retry: [], refused: [] };

/** A sink that keeps ids in memory, and does with a batch what the test says. Stored is what the result says. */
export class MemorySink implements Sink {
  readonly id: string;
  readonly idempotent: boolean;
  readonly opened: { source: SourceRef; state: SinkState | undefined }[] = [];
  /** Every batch as it came. */
  readonly batches: { ids: string[]; uncertain: boolean }[] = [];
  /** Ids in the order in which they were stored. */
  readonly stored: string[] = [];
  flushes = 0;
  closes = 0;
  behaviour: Behaviour = () => STORED;

  constructor(options: { id?: string; idempotent?: boolean; behaviour?: Behaviour } = {}) {
    this.id = options.id ?? 'memory';
    this.idempotent = options.idempotent ?? false;
    if (options.behaviour !== undefined) this.behaviour = options.behaviour;
  }

  async check(): Promise<void> {}

  async open({ source, state }: SinkContext): Promise<SinkWriter> {
    this.opened.push({ source, state });
    return {
      write: async (batch, signal) => {
        this.batches.push({ ids: batch.records.map(({ id }) => id), uncertain: batch.uncertain });
        const result = await this.behaviour(batch, signal, this.batches.length);
        const open = new Set([...result.retry, ...result.refused.map(({ index }) => index)]);
        batch.records.forEach(({ id }, index) => {
          if (!open.has(index)) this.stored.push(id);
        });
        return result;
      },
      flush: async () => {
        this.flushes += 1;
        return { written: this.stored.length };
      },
      close: async () => {
        this.closes += 1;
      },
    };
  }

  async close(): Promise<void> {}
}
