import type { Nanos } from '../event/span.ts';

/** A target of an entry as the API's target filter looks at it. */
export interface TargetFact {
  /** Field name of the target's kind in `AuditLogTarget`, such as `app` or `workflow_version`. */
  readonly kind: string;
  /** The target's own `id`. */
  readonly id: string;
}

/** What the filters of a search compare, known without reading the entry's bytes. */
export interface EntryFacts {
  /** Numeric `EventType`. */
  readonly operation: number;
  /** `user.id` of the person who acted. */
  readonly userId: string;
  readonly success: boolean;
  readonly sourceIp: string;
  readonly targets: readonly TargetFact[];
}

/** An audit log as the service stores it: ordered by event time, ties in an order of its own. */
export interface AuditLog {
  /** Entries in the log, those added while it runs included. */
  readonly length: number;
  /** Event time of entry `index`; never falls as the index rises. An undated entry has the time it was stored at. */
  instantAt(index: number): Nanos;
  /** Milliseconds since the epoch from which the service shows the entry; `-Infinity` when it always has. */
  visibleFromMs(index: number): number;
  /** What filters compare. */
  factsAt(index: number): EntryFacts;
  /**
   * The entry's JSON in bytes.
   *
   * `read` numbers the answers of the service, for logs whose profile fields differ from one read to the next.
   * The bytes may be shared: the caller does not change them.
   */
  bytesAt(index: number, read: number): Uint8Array;
  /** Index of the first entry whose event time is at or after `instant`; `length` when there is none. */
  lowerBound(instant: Nanos): number;
}
