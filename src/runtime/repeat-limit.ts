/** Lines of one kind that are written before the others wait. */
const LINES_AT_ONCE = 5;
/** How long others of that kind wait, milliseconds. */
const WINDOW_MS = 60_000;
/** Kinds that are kept in memory; the oldest is forgotten beyond. */
const MAX_KINDS = 1_000;

/** Lines of one kind in one window. */
interface Window {
  readonly startedMs: number;
  written: number;
  held: number;
  /** Writes the last line that was held back, with the number of all that were. */
  tell: ((repeated: number) => void) | undefined;
}

/**
 * Holds back what repeats itself in a log: of one kind, 5 lines are written in a minute. The last of those held back
 * follows after that minute, with their number, so that no kind is silenced and each is counted. It is told together
 * with the next line of any kind; a connector that runs writes one a poll. What is held back when the process ends is
 * not told: metrics count everything.
 */
export class RepeatLimit {
  readonly #nowMs: () => number;
  readonly #windows = new Map<string, Window>();

  /** @param nowMs a clock in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Passes a line on, now or later.
   *
   * @param kind what lines are counted together
   * @param write writes the line; `repeated` is the number of lines that it stands for, when it was held back
   */
  pass(kind: string, write: (repeated?: number) => void): void {
    this.sweep();
    const window = this.#windows.get(kind);
    if (window === undefined) {
      this.#begin(kind);
      write();
    } else if (window.written < LINES_AT_ONCE) {
      window.written += 1;
      write();
    } else {
      window.held += 1;
      window.tell = write;
    }
  }

  /** Tells what was held back in minutes that are over. */
  sweep(): void {
    const nowMs = this.#nowMs();
    for (const [kind, { startedMs, held, tell }] of this.#windows) {
      // A clock that was set back ends the window too.
      if (nowMs - startedMs < WINDOW_MS && nowMs >= startedMs) return;
      this.#windows.delete(kind);
      tell?.(held);
    }
  }

  #begin(kind: string): void {
    const oldest = this.#windows.entries().next().value;
    if (oldest !== undefined && this.#windows.size >= MAX_KINDS) {
      this.#windows.delete(oldest[0]);
      oldest[1].tell?.(oldest[1].held);
    }
    this.#windows.set(kind, { startedMs: this.#nowMs(), written: 1, held: 0, tell: undefined });
  }
}
