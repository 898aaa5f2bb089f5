/** An answer may hold this much; beyond it fewer entries are asked for. Bytes. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Fewer entries are not asked for because of their size: a page that holds little beyond what is known already proves
 * little more, and twins are counted inside one answer.
 */
export const LEAST_PER_PAGE = 4;

/** As {@link LEAST_PER_PAGE} where pages follow one another: twins may stand at the end of a small one in every pass. */
const LEAST_PER_DENSE_PAGE = 16;

/** What an answer is to hold where entries are large: small enough that several can be on their way. Bytes. */
const AIM_BYTES = 2 * 1024 * 1024;

/** What an entry usually takes, bytes. */
const USUAL_ENTRY_BYTES = 1_200;

/**
 * Learns how many entries to ask for, so that answers stay small whatever the size of entries. Shared by all walkers of
 * a source.
 */
export class AnswerSize {
  readonly #configured: number;
  #perPage: number;
  /** Bytes of an entry by the last answer; undefined before the first. */
  #entryBytes: number | undefined;

  /** @param configured entries a page that are asked for when nothing speaks against it */
  constructor(configured: number) {
    this.#configured = configured;
    this.#perPage = configured;
  }

  /** Entries a page to ask for now. */
  get perPage(): number {
    return this.#perPage;
  }

  /** The same for a second that is read by pages. */
  get perDensePage(): number {
    return Math.max(this.#perPage, Math.min(this.#configured, LEAST_PER_DENSE_PAGE));
  }

  /** What the next answer holds, by the last one; before there was one, by what entries usually take. Bytes. */
  get expectedBytes(): number {
    if (this.#entryBytes === undefined) return Math.min(this.#perPage * USUAL_ENTRY_BYTES, AIM_BYTES);
    const bytes = this.#entryBytes * this.#perPage;
    return this.#perPage > LEAST_PER_PAGE ? Math.min(bytes, MAX_ANSWER_BYTES) : bytes;
  }

  /** Takes note of an answer of `count` entries that take `bytes`. */
  observe(count: number, bytes: number): void {
    if (count === 0) return;
    this.#entryBytes = bytes / count;
    const fitting = Math.floor(AIM_BYTES / this.#entryBytes);
    if (bytes > AIM_BYTES) this.#lower(fitting);
    // Step by step: what follows may be larger again.
    else this.#perPage = Math.max(this.#perPage, Math.min(this.#configured, fitting, this.#perPage * 2));
  }

  /** An answer for `perPage` entries was larger than {@link MAX_ANSWER_BYTES}. */
  tooLarge(perPage: number): void {
    this.#lower(Math.ceil(perPage / 2));
  }

  #lower(perPage: number): void {
    this.#perPage = Math.min(this.#perPage, Math.max(perPage, LEAST_PER_PAGE));
  }
}
