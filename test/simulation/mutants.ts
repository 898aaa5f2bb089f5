/** A place of the product's source, and what stands there in a wrong version. */
export interface Edit {
  /** Below `src/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A wrong version of one of our rules. */
export interface Mutant {
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: string;
  readonly edits: readonly Edit[];
}

const mutant = (
  name: string,
  breaks: string,
  ...edits: [file: string, find: string, replace: string][]
): Mutant => ({
  name,
  breaks,
  edits: edits.map(([file, find, replace]) => ({ file, find, replace })),
});

/** Small wrong versions of the product. Each must be caught by the simulation. */
export const MUTANTS: readonly Mutant[] = [
  mutant('no-anchor', 'an answer proves nothing without what is known', [
    'collector/judge.ts',
    "if (anchor !== undefined && !holdsAnchor(dated, anchor)) return { kind: 'unanchored' };",
    '',
  ]),
  mutant('prefix-includes-last-instant', 'a full answer proves what lies before its last instant', [
    'collector/judge.ts',
    'if (full) return proven(reading, dated, last as Nanos, undefined);',
    'if (full) return proven(reading, dated, (last as Nanos) + 1n, undefined);',
  ]),
  mutant('end-believed-once', 'the end of a long span is asked twice', [
    'collector/judge.ts',
    'if (!reading.confirmEnd) return',
    'if (true as boolean) return',
  ]),
  mutant('disordered-believed', 'a full answer in another order proves nothing', [
    'collector/judge.ts',
    "if (full && !ordered) return { kind: 'disordered' };",
    '',
  ]),
  mutant('asked-size-trusted', 'short is what is smaller than the largest page ever', [
    'collector/page-size.ts',
    "return count >= this.#largest ? 'full' : 'short';",
    "return 'short';",
  ]),
  mutant('first-page-trusted', 'the first page is checked by asking for the second', [
    'collector/page-size.ts',
    "if (this.#largest === 0) return 'unknown';",
    "if (this.#largest === 0) return 'short';",
  ]),
  mutant('no-overlap', 'each poll reads back over the overlap', ['collector/plan.ts', 'this.rereadTo', '']),
  mutant('no-settle', 'nothing younger than settle is read', ['collector/plan.ts', '', '']),
];
