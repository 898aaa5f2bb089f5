/** Many entries close together. */
export interface Dense {
  /** How many; they are part of the history's `count`. */
  readonly count: number;
  /** When, in milliseconds since the epoch. Default the middle of the history. */
  readonly atMs?: number;
}

/** Odd data in a generated history. A share is between 0 and 1, of all entries unless said; default 0. */
export interface OddOptions {
  /** Share of entries with the very microsecond of the entry before. */
  readonly ties?: number;
  /** Share of entries that are the entry before once more, byte for byte. */
  readonly twins?: number;
  /** Share of entries with the `req_id` and the timestamp of the entry before, and other content. */
  readonly sameRequest?: number;
  /** Share of entries without a usable timestamp: absent, null, or not a time. */
  readonly undated?: number;
  /** Share of entries dated 1 to 400 days behind the end of the history. */
  readonly future?: number;
  /** Share of entries whose `req_id` is absent or empty. */
  readonly noRequestId?: number;
  /** Share of people, rounded up, whose profile fields differ from one read to the next. */
  readonly driftingProfiles?: number;
  /** Share of entries with operation codes and target kinds that are not in the catalogue. */
  readonly unknownCodes?: number;
  /** Share of entries with escapes, big integers, duplicate keys, unknown fields, lone surrogates, invalid UTF-8, odd addresses. */
  readonly oddBytes?: number;
  /** Share of entries that become visible only some time after their event time. */
  readonly late?: number;
  /** The longest delay of a late entry, in milliseconds. Default 60,000. */
  readonly lateMs?: number;
  /** At least so many entries within one second. */
  readonly denseSecond?: Dense;
  /** At least so many entries in one microsecond. */
  readonly denseInstant?: Dense;
}

/** Timestamp fields of undated entries, with the brace before; the same ways in which a service could go wrong. */
export const UNDATED_STARTS: readonly Buffer[] = [
  '{',
  '{"timestamp":null,',
  '{"timestamp":"",',
  '{"timestamp":"yesterday",',
  '{"timestamp":1737158400,',
  '{"timestamp":"2024-02-30T10:00:00Z",',
  '{"timestamp":"2025-01-18T10:00:00",',
  '{"timestamp":"2025-01-18T10:00:00+25:00",',
  '{"timestamp":"+010000-01-01T00:00:00Z",',
].map((start) => Buffer.from(`${start}"user":`));
