import { RateWindow } from './rate-window.ts';

/** How many of the last bodies are kept. */
const KEPT_BODIES = 20;

/** What the stand-in tells about the requests it got. */
export interface RequestStats {
  /** Requests for audit-log searches so far, refused ones included. */
  readonly total: number;
  /** Entries sent in good answers. */
  readonly entries: number;
  /** The most requests within any 1,000 ms. */
  readonly mostPerSecond: number;
  /** `ok`, the name of a refusal or of an answer fault, or `broken_off` when no answer came about, to how often. */
  readonly byOutcome: Readonly<Record<string, number>>;
  /** The last 20 bodies, oldest first. */
  readonly lastBodies: readonly string[];
}

/** {@link RequestStats} as they grow. */
export class RequestCounters implements RequestStats {
  total = 0;
  entries = 0;
  readonly byOutcome: Record<string, number> = {};
  readonly lastBodies: string[] = [];
  readonly #window = new RateWindow();

  get mostPerSecond(): number {
    return this.#window.mostSeen;
  }

  /** Counts a request that came at `nowMs`; false when it is over `limit` requests per 1,000 ms. */
  admit(nowMs: number, limit: number | undefined): boolean {
    this.total++;
    return this.#window.admit(nowMs, limit);
  }

  /** Keeps a request's body. */
  body(text: string): void {
    this.lastBodies.push(text);
    if (this.lastBodies.length > KEPT_BODIES) this.lastBodies.shift();
  }

  /** Counts an answer. */
  answered(outcome: string, entries: number): void {
    this.byOutcome[outcome] = (this.byOutcome[outcome] ?? 0) + 1;
    this.entries += entries;
  }

  /** As JSON has it. */
  toJSON(): RequestStats {
    const { total, entries, mostPerSecond, byOutcome, lastBodies } = this;
    return { total, entries, mostPerSecond, byOutcome, lastBodies };
  }
}
