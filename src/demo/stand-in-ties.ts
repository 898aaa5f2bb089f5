import type { AuditLog } from './audit-log.ts';
import { fraction } from './mix.ts';

const SALT_TIES = 121;

/** The indices from `from` up to `to`, those of equal event time in an order that differs from read to read. */
export function shuffleTies(log: AuditLog, from: number, to: number, seed: number, read: number): number[] {
  const places: number[] = [];
  for (let start = from; start < to; ) {
    const instant = log.instantAt(start);
    let end = start + 1;
    while (end < to && log.instantAt(end) === instant) end++;
    if (end === start + 1) places.push(start);
    else for (const index of shuffled(start, end, seed ^ read)) places.push(index);
    start = end;
  }
  return places;
}

function shuffled(start: number, end: number, seed: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i)
    .map((index) => ({ index, key: fraction(seed, index, SALT_TIES) }))
    .sort((a, b) => a.key - b.key)
    .map(({ index }) => index);
}
