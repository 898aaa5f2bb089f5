import type { Filter } from '../config/types.ts';
import { OPERATION_CODES } from '../event/catalogue.ts';
import type { Cell, Partition } from './dense.ts';

/**
 * How a dense second is partitioned under a source's filter: by outcome, then by operation. A filter that already
 * names one leaves nothing to partition by it. Operations that this version does not know cannot be asked for one
 * by one: entries of those show only where the parts by outcome can be read.
 */
export function partitionOf(filter: Filter): Partition {
  const outcomes: Cell[] = filter.success === null ? [{ success: true }, { success: false }] : [{}];
  const codes =
    filter.operations.length === 0 ? [...OPERATION_CODES.values()] : filter.operations.map(toCode);
  return [outcomes, codes.map((operation) => ({ operation }))];
}

function toCode(operation: string | number): number {
  return typeof operation === 'number' ? operation : (OPERATION_CODES.get(operation) ?? 0);
}
