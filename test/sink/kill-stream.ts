import type { JournalEntry } from '../../src/journal/types.ts';
import { entry, plainMapper } from '../shipper/scenario.ts';

/** Segments of the stream that a process is killed over. */
export const SEGMENTS = 60;
/** Entries of each segment. */
export const PER_SEGMENT = 500;
/** Days that the entries are of. */
const DAYS = 3;

/** The entries of a segment, of lengths from short to longer than a page of memory. */
export function killedEntries(segment: number): JournalEntry[] {
  return Array.from({ length: PER_SEGMENT }, (_, i) => {
    const n = segment * PER_SEGMENT + i;
    return entry(n, n % DAYS, 'é'.repeat((n * 7919) % (n % 50 === 0 ? 5000 : 100)));
  });
}

/** The entry as it came. */
export const killedMapper = plainMapper;
