import type { Nanos } from './span.ts';

/**
 * One entry of the audit log as cut out of an answer: where its bytes are, and what reading needs to know of it.
 * No object is built from it here; a shipper parses the bytes when a record is due.
 */
export interface Entry {
  /**
   * The bytes the API sent for this entry, with CR and LF between tokens replaced by spaces. A view into the
   * answer's buffer, made anew at each access: whoever keeps it longer than the answer copies it.
   */
  readonly bytes: Buffer;
  /** Length of `bytes`, without a view. */
  readonly size: number;
  /** Event time; undefined when the entry has no usable timestamp (an undated entry). */
  readonly at: Nanos | undefined;
  /** Event id without the ordinal of twins: 64 lower-case hex digits. Equal for twins. */
  readonly baseId: string;
  /** False when `bytes` are not valid UTF-8: the journal then stores them as `raw_b64`. */
  readonly utf8: boolean;
}

/** One answer of `PostAuditLogSearches`, cut into its entries. */
export interface Answer {
  /** Entries in the order of the answer. */
  readonly entries: readonly Entry[];
  /** `status.req_id` of the answer, when it has one: evidence for the segment header. */
  readonly requestId: string | undefined;
  /** Server wall clock from the HTTP `Date` header, milliseconds; undefined when absent or unreadable. */
  readonly serverMs: number | undefined;
  /**
   * Gives the memory of all its entries back at once: their `bytes` and `baseId` are empty from then on. To be called
   * when they are committed or dropped; without it the garbage collector does so, later.
   */
  readonly release?: () => void;
}
