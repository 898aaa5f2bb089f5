import type { AuditLog, EntryFacts } from '../../src/demo/audit-log.ts';
import { fromMs, type Nanos } from '../../src/event/span.ts';
import { formatTimestamp } from '../../src/event/timestamp.ts';

/** An entry of {@link memoryLog}; what is left out is the same in all. */
export interface Row extends Partial<EntryFacts> {
  /** Event time. */
  readonly at: Nanos;
  readonly visibleFromMs?: number;
}

/** An {@link AuditLog} of a few rows, which are in the order of event time. The req_id of row i is `r<i>`. */
export function memoryLog(rows: readonly Row[]): AuditLog {
  return {
    length: rows.length,
    instantAt: (index) => rows[index]!.at,
    visibleFromMs: (index) => rows[index]!.visibleFromMs ?? Number.NEGATIVE_INFINITY,
    factsAt: (index) => {
      const facts = { operation: 300, userId: 'ann', success: true, sourceIp: '192.0.2.1', targets: [] };
      return { ...facts, ...rows[index]! };
    },
    bytesAt: (index) =>
      Buffer.from(`{"timestamp":"${formatTimestamp(rows[index]!.at)}","req_id":"r${index}"}`),
    lowerBound(instant) {
      const found = rows.findIndex(({ at }) => at >= instant);
      return found < 0 ? rows.length : found;
    },
  };
}

/** `count` rows, `stepMs` apart, the first at `firstMs`. */
export function rowsEvery(stepMs: number, count: number, firstMs: number): Row[] {
  return Array.from({ length: count }, (_, i) => ({ at: fromMs(firstMs + i * stepMs) }));
}
