import type { Nanos } from '../../src/event/span.ts';
import { idAt } from '../../src/journal/lines.ts';
import { decodeSegment } from '../../src/journal/segment.ts';
import type { Segment } from '../../src/journal/types.ts';
import { type AuditWorld, isPrompt } from './audit-world.ts';

const SEGMENT_KEY = /^acme\/segments\/(\d{12})\.ndjson\.gz$/;

/** The rules that hold after every write to the journal. */
export class JournalWatch {
  readonly violations: string[] = [];
  /** Event ids of everything committed. */
  readonly ids = new Set<string>();
  readonly #world: AuditWorld;
  readonly #settleMs: number;
  /** Whether the server may leave things out: then only the end can tell what is missing. */
  readonly #lies: boolean;
  #last: Segment | undefined;
  #next = 0;
  #start: Nanos = 0n;

  constructor(world: AuditWorld, settleMs: number, lies: boolean) {
    this.#world = world;
    this.#settleMs = settleMs;
    this.#lies = lies;
  }

  /** Where the source begins. */
  get start(): Nanos {
    return this.#start;
  }

  /** The newest segment. */
  get head(): Segment | undefined {
    return this.#last;
  }

  /** Looks at a new object. */
  onPut(key: string, body: Buffer): void {
    const number = SEGMENT_KEY.exec(key)?.[1];
    if (number === undefined) return;
    const n = Number(number);
    const segment = decodeSegment(body, key, 'acme', n);
    if (n !== this.#next)
      this.violations.push(`segment ${n} was written, and ${this.#next} was due: a gap or a fork`);
    this.#next = n + 1;
    if (this.#last !== undefined && segment.header.prev !== this.#last.hash) {
      this.violations.push(`segment ${n} does not name the hash of the one before it`);
    }
    this.#last = segment;
    this.#start = segment.header.genesis?.start ?? this.#start;
    this.#count(segment, n);
    if (!this.#lies) this.#checkCoverage(segment, n);
  }

  #count(segment: Segment, n: number): void {
    for (let i = 0; i < segment.header.count; i++) {
      const id = idAt(segment, i);
      if (this.ids.has(id)) this.violations.push(`segment ${n} holds ${id}, which was committed before`);
      this.ids.add(id);
    }
  }

  /** Nothing is covered that is not committed. */
  #checkCoverage({ header: { coverage } }: Segment, n: number): void {
    for (const entry of this.#world.entries) {
      const { at } = entry;
      if (at === undefined || this.ids.has(entry.id) || !isPrompt(entry, this.#settleMs)) continue;
      if (!coverage.some(({ from, to }) => at >= from && at < to)) continue;
      this.violations.push(`segment ${n} covers ${at}, and ${entry.id} is not committed: ${entry.text(0)}`);
    }
  }
}
