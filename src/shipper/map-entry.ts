import { entryBytesAt, idAt } from '../journal/lines.ts';
import type { Segment } from '../journal/types.ts';
import type { MappedRecord, RecordMapper } from '../record/record.ts';
import type { OutRecord, Position } from '../sink/sink.ts';

/** What of a source goes into its records. */
export interface ShippedSource {
  /** Source id from the config. */
  readonly id: string;
  /** The audited user or organisation. */
  readonly userId: string;
}

/** A record ready for a sink. */
export interface MappedEntry {
  /** Its line can be read until the next entry is mapped. */
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
  return { record: new ReadyRecord(id, position, mapped), minimal: mapped.minimal };
}

/** `record` with a line of its own, which stays when further entries are mapped. */
export function keptRecord({ id, line, date, position }: OutRecord): OutRecord {
  return { id, line, date, position };
}

class ReadyRecord implements OutRecord {
  readonly id: string;
  readonly position: Position;
  readonly date: string | undefined;
  readonly #mapped: MappedRecord;

  constructor(id: string, position: Position, mapped: MappedRecord) {
    this.id = id;
    this.position = position;
    this.date = mapped.date;
    this.#mapped = mapped;
  }

  get line(): string {
    return this.#mapped.line;
  }

  get lineBytes(): number {
    return this.#mapped.lineBytes ?? Buffer.byteLength(this.#mapped.line);
  }

  copyLine(into: Buffer, at: number): void {
    if (this.#mapped.copyLine === undefined) into.write(this.#mapped.line, at);
    else this.#mapped.copyLine(into, at);
  }
}
