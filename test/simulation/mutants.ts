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

type Place = readonly [file: string, find: string, replace: string];

function mutant(name: string, breaks: string, ...places: readonly Place[]): Mutant {
  return { name, breaks, edits: places.map(([file, find, replace]) => ({ file, find, replace })) };
}

/** Seeds that have caught those that few seeds catch: tried before all others. */
export const SEEDS_TO_TRY: Readonly<Record<string, number>> = {
  'end-believed-once': 1184,
  'retention-by-local-clock': 3435,
  'first-page-trusted': 91,
  'start-moves': 73,
  'heartbeat-beside-committer': 53,
};

/** Small wrong versions of the product. Each must be caught by the simulation. */
export const MUTANTS: readonly Mutant[] = [
  // Reading
  mutant('no-anchor', 'an answer proves nothing unless it shows what is known', [
    'collector/judge.ts',
    "if (anchor !== undefined && !holdsAnchor(dated, anchor)) return { kind: 'unanchored' };",
    '',
  ]),
  mutant('prefix-includes-its-last-instant', 'a full answer proves what lies before its last instant', [
    'collector/judge.ts',
    'if (full) return proven(reading, dated, last as Nanos, undefined);',
    'if (full) return proven(reading, dated, (last as Nanos) + 1n, undefined);',
  ]),
  mutant('end-believed-once', 'the end of a long span is asked for twice', [
    'collector/judge.ts',
    'if (!reading.confirmEnd) return proven',
    'if (reading !== undefined) return proven',
  ]),
  mutant('disorder-believed', 'a full answer in another order proves nothing', [
    'collector/judge.ts',
    "if (full && !ordered) return { kind: 'disordered' };",
    '',
  ]),
  mutant('asked-size-trusted', 'short is what is smaller than the largest page ever given', [
    'collector/page-size.ts',
    "return count >= this.#largest ? 'full' : 'short';",
    "return 'short';",
  ]),
  mutant('first-page-trusted', 'the first page is checked by asking for the second', [
    'collector/page-size.ts',
    "return 'unknown';",
    "return 'short';",
  ]),
  mutant('no-overlap', 'each poll reads back over the overlap', [
    'collector/plan.ts',
    'newFrom) - overlap;',
    'newFrom);',
  ]),
  mutant(
    'no-settle',
    'nothing younger than settle is read',
    [
      'collector/plan.ts',
      'return floorSecond(fromMs(nowMs - settleMs));',
      'return floorSecond(fromMs(nowMs - 0 * settleMs));',
    ],
    ['collector/walker.ts', 'fromMs(reply.serverMs - this.#deps.settleMs)', 'fromMs(reply.serverMs)'],
  ),
  mutant(
    'late-to',
    'nothing is read that the server finds too young',
    ['collector/walker.ts', 'if (limit < this.#to) this.#to = limit;', ''],
    ['collector/server-clock.ts', '(this.#skewMs < -TOLERANCE_MS ? this.#skewMs : 0)', '0'],
  ),
  mutant('error-taken-as-empty', 'an error in HTTP 200 is no empty answer', [
    'source/client.ts',
    'if (error !== undefined) throw error;',
    'if (error !== undefined && error.code !== "source.server") throw error;',
  ]),
  mutant('rate-doubled', 'no more requests in a second than configured', [
    'source/limiter.ts',
    'this.#perWindow = Math.max(1, Math.floor(requestsPerSecond));',
    'this.#perWindow = Math.max(1, Math.floor(requestsPerSecond * 4));',
  ]),
  // Identity
  mutant('id-by-req-id', 'an id is more than the request id', [
    'event/identity.ts',
    '    this.#writeTime();\n    this.#writeOperation();',
    '    if (this.#end < 0) this.#writeTime();\n    this.#writeOperation();',
  ]),
  mutant('id-by-req-id-and-time', 'an id is more than request id and time', [
    'event/identity.ts',
    '    this.#writeDetails();\n',
    '',
  ]),
  mutant('profile-in-id', 'fields that change stay out of the id', [
    'event/identity.ts',
    "const USER_FIELDS = new KeySet(['id']);",
    "const USER_FIELDS = new KeySet(['job_title']);",
  ]),
  mutant('twins-are-one', 'twins have ids of their own', [
    'collector/classify.ts',
    'return twinId(this.#entry.baseId, this.#ordinal);',
    'return twinId(this.#entry.baseId, 0);',
  ]),
  mutant('ordinals-across-answers', 'twins are counted inside one reading', [
    'collector/classify.ts',
    'ordinals ??= new Map();',
    'ordinals ??= ((globalThis as { seen?: Map<string, number> }).seen ??= new Map());',
  ]),
  // Committing
  mutant('no-dedup', 'what is read again is compared with the journal', [
    'collector/classify.ts',
    'await known.idsIn(extent(reread))',
    'new Set<string>()',
  ]),
  mutant('late-dropped', 'what became visible late is added', [
    'collector/committer.ts',
    'if (late.length > 0 &&',
    'if (late.length < 0 &&',
  ]),
  mutant('undated-dropped', 'entries without a time are kept', [
    'collector/committer.ts',
    'if (undated.length > 0 &&',
    'if (undated.length < 0 &&',
  ]),
  mutant('undated-again', 'entries without a time are known for ever', [
    'collector/classify.ts',
    'filter((entry) => !seen.has(entry.id));\n}',
    'filter((entry) => entry.id !== "");\n}',
  ]),
  mutant('start-moves', 'the start is resolved once', [
    'connector/open.ts',
    'const earliest = earlier(start, journal.genesis.start);',
    'const earliest = earlier(start, start);',
  ]),
  mutant('heartbeat-beside-committer', 'one writer at a time', [
    'collector/committer.ts',
    '    this.#working = writing.then(\n      () => this.#free(),\n      () => this.#free(),\n    );\n',
    '',
  ]),
  mutant(
    'proof-of-dense-second-lost',
    'retention and reconcile know every span that was read',
    ['collector/walker.ts', 'proven: { from, to } });', 'proven: undefined });'],
    [
      'connector/reconcile-due.ts',
      'spans.push(...header.coverage.flatMap((span) => subtractSpans(span, known)));',
      'spans.push(...header.answers.flatMap(({ proven }) => (known.length < 0 ? [] : (proven ?? []))), ...[subtractSpans].slice(1).map(() => header.coverage[0]!));',
    ],
  ),
  // The journal
  mutant('plain-put', 'a number of the journal is taken once', [
    'journal/segment-files.ts',
    'if (await this.#store.putIfAbsent(this.key(n), body)) return true;',
    'await this.#store.delete(this.key(n));\n    if (await this.#store.putIfAbsent(this.key(n), body)) return true;',
  ]),
  mutant('next-free-number', 'a segment follows the one whose hash it names', [
    'journal/stored-journal.ts',
    'const n = this.#head.n + 1;',
    'const n = this.#head.n + (this.#head.n === 3 ? 2 : 1);',
  ]),
  mutant('trim-before-sinks', 'retention removes nothing that a sink needs', [
    'connector/journal-room.ts',
    'least = Math.min(least, shipper.status().position?.segment ?? 0);',
    'least = Math.max(least, shipper.status().position?.segment ?? 0);',
  ]),
  mutant(
    'trimmed-read-again',
    'a trimmed span is not read again',
    [
      'collector/collector.ts',
      '.flatMap((span) => subtractSpans(span, trimmed));',
      '.flatMap((span) => (trimmed.length < 0 ? subtractSpans(span, trimmed) : [span]));',
    ],
    ['collector/classify.ts', '&& !isInside(trimmed, at!)', ''],
  ),
  mutant(
    'retention-by-local-clock',
    'a clock that jumps makes nothing old',
    [
      'collector/server-clock.ts',
      'return Math.min(this.#clock.nowMs(), this.#heard.serverMs + elapsedMs + TOLERANCE_MS);',
      'return Math.max(this.#clock.nowMs(), elapsedMs);',
    ],
    ['collector/classify.ts', '&& !isInside(trimmed, at!)', ''],
  ),
  // Shipping
  mutant('cursor-before-delivery', 'the cursor never passes what is not delivered', [
    'shipper/stream.ts',
    'this.#flights.push(flight);\n    try {',
    'this.#flights.push(flight);\n    this.#position = next;\n    await this.save(true);\n    try {',
  ]),
  mutant('cursor-by-segment', 'a cursor names segment and line', [
    'shipper/cursor.ts',
    'line: cursor.position.line,',
    'line: cursor.position.line < 0 ? 1 : 0,',
  ]),
  mutant('retry-forgotten', 'records that a sink wants again are sent again', [
    'shipper/open-batch.ts',
    'if (!again.has(index)) this.close(sent[index]!);',
    'if (!refused.some((each) => each.index === index)) this.close(sent[index]!);',
  ]),
  mutant('letters-dropped', 'a refused record is a dead letter before the cursor passes it', [
    'shipper/deliver.ts',
    "await keepTrying('dead_letters', refuse, outlet.persistence, signals.hard);",
    "if (reason === '') await keepTrying('dead_letters', refuse, outlet.persistence, signals.hard);",
  ]),
  mutant('certain-after-the-first', 'all that was in the journal at the start may have been sent', [
    'shipper/shipper.ts',
    'segment! <= this.#headAtStart',
    'segment! < 0',
  ]),
  mutant('file-appends', 'what stands behind the offset is compared with what is due', [
    'sink/file-writer.ts',
    'let done = behind === 0 ? 0 : await equalBytes(file, target.offset, bytes, behind);',
    'target.offset = size;\n    let done = behind === -1 ? await equalBytes(file, target.offset, bytes, behind) : 0;\n    if (behind > 0) size = target.offset;',
  ]),
  mutant('file-not-on-record', 'a file is on record before its first byte', [
    'sink/file-writer.ts',
    'await this.#context.saveState(this.#targets.state(), signal);',
    'signal.throwIfAborted();',
  ]),
  // Secrets
  mutant('pat-in-log', 'the PAT shows nowhere', [
    'source/client.ts',
    '    const pat = source.pat.reveal();\n    if (/',
    '    const pat = source.pat.reveal();\n    this.#deps.log.info({ pat }, `asking with ${pat}`);\n    if (/',
  ]),
];
