/**
 * Learns how many entries a full answer of this source has. A server may cap `per_page` or ignore it: a page is
 * short only when it is smaller than the largest page that the source ever gave.
 */
export class PageSize {
  #largest: number;

  /** @param largest from the journal's newest header; 0 when nothing is known */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /** Largest page seen; 0 before the first non-empty one. */
  get largest(): number {
    return this.#largest;
  }

  /** Takes note of a page of `count` entries. */
  observe(count: number): void {
    if (count > this.#largest) this.#largest = count;
  }

  /**
   * Whether more may follow a page of `count` entries when `asked` were asked for. `unknown` before the first
   * non-empty page was checked by asking for its second page. Call before {@link observe}.
   */
  judge(count: number, asked: number): 'full' | 'short' | 'unknown' {
    if (count === 0) return 'short';
    if (count >= asked) return 'full';
    if (this.#largest === 0) return 'unknown';
    return count >= this.#largest ? 'full' : 'short';
  }
}
