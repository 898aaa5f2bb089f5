/**
 * The machine that a command runs on: everything of the process that commands may use. Only `main` makes one from
 * the real process; tests make their own.
 */
export interface Host {
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard input. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Writes to standard output; resolves when there is room for more. Rejects when nobody reads any more. */
  writeOut(text: string): Promise<void>;
  /** Writes to standard error. */
  writeErr(text: string): void;
  /** True when standard error is a terminal, where progress may be drawn. */
  readonly isTerminal: boolean;
  /** Columns of that terminal. */
  readonly columns: number;
  /** What this process takes of the machine; absent where nobody asks. */
  usage?(): { readonly residentBytes: number; readonly cpuSeconds: number };
  /** Gives unused memory back to the machine, which may take a tenth of a second; absent where that is not to be had. */
  compact?(): void;
  /** Aborts when the process is told to stop (SIGTERM, SIGINT). */
  readonly stopping: AbortSignal;
  /**
   * Calls `listener` whenever the process is told to read its config again (SIGHUP), until what it returns is called.
   * Absent where that cannot be told.
   */
  onReload?(listener: () => void): () => void;
}
