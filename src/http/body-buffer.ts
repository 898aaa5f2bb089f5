import { releaseMemory } from '../runtime/release-memory.ts';

/** Room at first when the length is not announced, bytes. */
const INITIAL_BYTES = 64 * 1024;

/**
 * Gathers a body into memory of its own, piece by piece: pieces of a socket that are kept until the body is whole
 * cost as much again.
 */
export class BodyBuffer {
  #space: Buffer;
  #used = 0;

  /** @param expectedBytes the announced length; 0 when it is not known */
  constructor(expectedBytes: number) {
    // Never from the shared pool: `release` gives the whole of it back.
    this.#space = Buffer.allocUnsafeSlow(expectedBytes > 0 ? expectedBytes : INITIAL_BYTES);
  }

  /** Bytes gathered so far. */
  get length(): number {
    return this.#used;
  }

  /** What was gathered: a view, valid until {@link release}. */
  get bytes(): Buffer {
    return this.#space.subarray(0, this.#used);
  }

  /** Copies `chunk`. */
  append(chunk: Uint8Array): void {
    const end = this.#used + chunk.length;
    if (end > this.#space.length) this.#grow(end);
    this.#space.set(chunk, this.#used);
    this.#used = end;
  }

  /** Gives the memory back at once; every view of it is empty from now on. */
  release(): void {
    releaseMemory(this.#space);
  }

  #grow(needed: number): void {
    const former = this.#space;
    this.#space = Buffer.allocUnsafeSlow(Math.max(needed, 2 * former.length));
    former.copy(this.#space, 0, 0, this.#used);
    releaseMemory(former);
  }
}
