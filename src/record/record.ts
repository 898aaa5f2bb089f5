import type { LineWriter } from './line-writer.ts';

/** How much of a person's profile leaves the raw entry. `minimal`: ids only. `names`: names too. `full`: all. */
export type PiiMode = 'minimal' | 'names' | 'full';

/** What the mapping needs beside the entry. All of it is deterministic: the same entry always gives the same record. */
export interface RecordContext {
  /** Event id, 64 hex digits. */
  readonly id: string;
  /** Source id from the config. */
  readonly source: string;
  /** The audited user or organisation, from the config. */
  readonly userId: string;
  /** When the entry was read: `written` of its segment, RFC 3339. */
  readonly readTime: string;
}

/** Options of a record format, from the config. */
export interface RecordOptions {
  readonly pii: PiiMode;
  /** Whether the record carries the whole entry (`event.original`, `raw_data`). */
  readonly includeOriginal: boolean;
  /** OCSF schema version; ignored by other formats. */
  readonly ocsfVersion: '1.8.0' | '1.3.0';
}

/** What is known of a record beside its line. */
export interface RecordFacts {
  /** Event date, `YYYY-MM-DD` in UTC; undefined when the entry has no usable time. */
  readonly date: string | undefined;
  /** True when the entry could not be mapped, and `line` is the minimal record with its original. */
  readonly minimal: boolean;
}

/** A record made from an entry. */
export interface MappedRecord extends RecordFacts {
  /** One line of JSON, without the line end, well-formed UTF-16. */
  readonly line: string;
  /** Length of `line` in UTF-8; present, with {@link copyLine}, when it was made as bytes. */
  readonly lineBytes?: number;
  /** Copies the UTF-8 bytes of `line` to `into`, from `at` on. */
  copyLine?(into: Buffer, at: number): void;
}

/** Writes the record of an entry as one line to `out`, which has just begun it. See {@link RecordMapper}. */
export type RecordWriter = (
  out: LineWriter,
  entry: Buffer,
  utf8: boolean,
  context: RecordContext,
) => RecordFacts;

/**
 * Turns the bytes of a stored entry into a record. Pure; never throws: an entry that cannot be mapped becomes a
 * minimal record that carries its original.
 *
 * @param entry the entry's bytes as in the journal
 * @param utf8 false when the bytes are not valid UTF-8
 */
export type RecordMapper = (entry: Buffer, utf8: boolean, context: RecordContext) => MappedRecord;
