import { entryBytesAt, idAt } from '../journal/lines.ts';
import type { Segment } from '../journal/types.ts';
import type { RecordMapper } from '../record/record.ts';
import type { OutRecord } from '../sink/sink.ts';

/** What of a source goes into its records. */
export interface ShippedSource {
  /** Source id from the config. */
  readonly id: string;
  /** The audited user or organisation. */
  readonly userId: string;
}

/** A record ready for a sink. */
export interface MappedEntry {
  readonly record: OutRecord;
  /** See `MappedRecord.minimal`. */
  readonly minimal: boolean;
}

/** Makes the record of entry `line` of `segment`. The same entry always gives the same record. */
export function mapEntry(
  segment: Segment,
  line: number,
  mapper: RecordMapper,
  source: ShippedSource,
): MappedEntry {
  const id = idAt(segment, line);
  const { bytes, utf8 } = entryBytesAt(segment, line);
  const context = { id, source: source.id, userId: source.userId, readTime: segment.header.written };
  const mapped = mapper(bytes, utf8, context);
  const position = { segment: segment.header.n, line };
  return { record: { id, line: mapped.line, date: mapped.date, position }, minimal: mapped.minimal };
}
