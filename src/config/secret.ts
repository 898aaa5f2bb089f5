import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A secret that cannot be printed by accident: `String`, `JSON.stringify` and `util.inspect` show `[redacted]`.
 * Secrets from a file are read again by {@link Secret.refresh} when the file has changed.
 */
export class Secret {
  #value: string;
  readonly #reread: (() => string) | undefined;

  /**
   * @param value the secret itself
   * @param reread reads it anew from where it came from; absent for inline secrets
   */
  constructor(value: string, reread?: () => string) {
    this.#value = value;
    this.#reread = reread;
  }

  /** The secret. Only for what sends it: never log it, never put it into an error. */
  reveal(): string {
    return this.#value;
  }

  /** Reads the file again. True when the secret has changed. Throws nothing: an unreadable file changes nothing. */
  refresh(): boolean {
    if (this.#reread === undefined) return false;
    let next: string;
    try {
      next = this.#reread();
    } catch {
      return false;
    }
    if (next === '' || next === this.#value) return false;
    this.#value = next;
    return true;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
