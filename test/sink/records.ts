import type { Batch, OutRecord, SinkContext, SinkState, SourceRef } from '../../src/sink/sink.ts';

/** Where all batches of these tests come from. */
export const SOURCE: SourceRef = { id: 'acme', chainId: '00000000000000aa' };
/** Date of most records of these tests. */
export const DAY = '2026-01-01';
/** Never aborts. */
export const NEVER = new AbortController().signal;

/** Record `n`: a line with all that may go wrong on the way (quotes, accents, line separators, surrogate pairs). */
export function record(n: number, date: string | undefined, padding = ''): OutRecord {
  return {
    id: n.toString(16).padStart(64, '0'),
    line: JSON.stringify({
      '@timestamp': '2026-01-01T00:00:00Z',
      n,
      text: `é \u2028 "\\" 😀\n\u0000${padding}`,
    }),
    date,
    position: { segment: 1, line: n },
  };
}

/** Records `from` to `to`, exclusive. */
export function records(from: number, to: number, date = DAY): OutRecord[] {
  return Array.from({ length: to - from }, (_, i) => record(from + i, date));
}

/** A batch of `list`. */
export function batchOf(list: readonly OutRecord[], uncertain = false): Batch {
  return { source: SOURCE, records: list, uncertain };
}

/** The lines of `list`. */
export function linesOf(list: readonly OutRecord[]): string[] {
  return list.map(({ line }) => line);
}

/** A context that keeps what is saved as a store would: as JSON. */
export class KeptContext implements SinkContext {
  readonly source = SOURCE;
  /** States saved through `saveState`. */
  saves = 0;
  #json: string | undefined;

  get state(): SinkState | undefined {
    return this.#json === undefined ? undefined : (JSON.parse(this.#json) as SinkState);
  }

  /** Keeps `state`, as the shipper does after a flush. */
  keep(state: SinkState | undefined): void {
    this.#json = state === undefined ? undefined : JSON.stringify(state);
  }

  readonly saveState = async (state: SinkState): Promise<void> => {
    this.saves += 1;
    this.keep(state);
  };
}
