import type { Nanos } from '../event/span.ts';
import { parseTimestamp } from '../event/timestamp.ts';
import { entryBytesAt } from '../journal/lines.ts';
import type { Segment } from '../journal/types.ts';

/** Event time of entry `line` of `segment`; undefined when it has no usable one. */
export function eventTimeAt(segment: Segment, line: number): Nanos | undefined {
  const entry = parsed(entryBytesAt(segment, line).bytes);
  if (typeof entry !== 'object' || entry === null || !('timestamp' in entry)) return undefined;
  return typeof entry.timestamp === 'string' ? parseTimestamp(entry.timestamp) : undefined;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
