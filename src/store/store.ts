/** An object as read from a {@link Store}. */
export interface StoredObject {
  /** Its bytes, whole. */
  readonly body: Buffer;
  /** Opaque version for {@link Store.replace}. Differs whenever `body` differs. */
  readonly version: string;
  /** Gives the memory of `body` back at once, where it belongs to this object alone: it is empty from then on. */
  release?(): void;
}

/** The file system below a store. */
export interface StoreSpace {
  /** Bytes that this user may still write. */
  readonly freeBytes: number;
  /** Bytes that the file system has. */
  readonly sizeBytes: number;
  /** False when it is mounted read-only or this user may not write there. */
  readonly writable: boolean;
}

/**
 * Everything durable goes through this seam. Keys hold only `[a-z0-9=/_.-]`, parts are joined by `/`, no part is
 * empty, `.` or `..`, and no key is a prefix folder of another. What a method acknowledges survives power loss.
 *
 * Errors: {@link ConnectorError} with code `store.full` (retryable: no space or quota), `store.read_only`
 * (exit code 2), `store.io` (retryable), `store.conflict` (see `replace`).
 */
export interface Store {
  /** The object at `key`, or undefined when there is none. */
  get(key: string): Promise<StoredObject | undefined>;
  /**
   * Writes `body` at `key` unless something is there. Returns true when this call created the object, false when
   * one existed (whatever its bytes). All or nothing: no reader ever sees a part of `body`.
   */
  putIfAbsent(key: string, body: Uint8Array): Promise<boolean>;
  /**
   * Compare-and-swap: writes `body` when the object's version is still `expected` (undefined: when there is no
   * object). Returns the new version. Throws `store.conflict` (not retryable) otherwise, and writes nothing.
   */
  replace(key: string, body: Uint8Array, expected: string | undefined): Promise<string>;
  /** Keys that start with `prefix`, in ascending byte order. */
  list(prefix: string): Promise<string[]>;
  /** Removes the object; no error when there is none. Used by retention and for finished requests only. */
  delete(key: string): Promise<void>;
  /** Bytes used by all objects under `prefix`, for `max_bytes`. */
  size(prefix: string): Promise<number>;
  /** The file system below, for stores that have one; looks, and writes nothing. Throws `store.io`. */
  space?(): Promise<StoreSpace>;
}
