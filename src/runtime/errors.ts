/** Exit codes of the command line: a contract with cron jobs, systemd units and Kubernetes. */
export const ExitCode = {
  /** Done. */
  done: 0,
  /** Unexpected: a defect of this program or a machine that failed. */
  unexpected: 1,
  /** The configuration, or what it names, is wrong. */
  config: 2,
  /** Clarifai refused us: PAT, scope or user. */
  refused: 3,
  /** `run --once`: a source or sink did not finish within `drain_timeout`. */
  drainTimeout: 4,
  /** `reconcile` found entries that were missing, and added them. */
  entriesWereMissing: 5,
  /** The journal is damaged. */
  damaged: 6,
  /** Another process holds the store (EX_TEMPFAIL of sysexits.h). */
  locked: 75,
} as const;

/** Options of a {@link ConnectorError}. */
export interface ConnectorErrorOptions {
  /** Stable, machine-readable kind, `area.what`, e.g. `source.throttled`. */
  code: string;
  /** May the same input succeed when tried again? Default false. */
  retryable?: boolean;
  /** The least time to wait before a retry, in milliseconds; the retry loop's own back-off applies when absent. */
  waitMs?: number;
  /** Exit code when the error ends the process. Default {@link ExitCode.unexpected}. */
  exitCode?: number;
  /** What went wrong underneath. */
  cause?: unknown;
}

/**
 * The one error class. Its message tells a person what failed, where, and what to do next, and never holds a
 * secret. Nobody parses messages: decisions are made on `code`, `retryable` and `waitMs`.
 */
export class ConnectorError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly waitMs: number | undefined;
  readonly exitCode: number;

  constructor(message: string, options: ConnectorErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ConnectorError';
    this.code = options.code;
    this.retryable = options.retryable ?? false;
    this.waitMs = options.waitMs;
    this.exitCode = options.exitCode ?? ExitCode.unexpected;
  }
}

/** Whether `error` is a {@link ConnectorError} with this `code` (or a code below it: `source` matches `source.x`). */
export function hasCode(error: unknown, code: string): error is ConnectorError {
  return error instanceof ConnectorError && (error.code === code || error.code.startsWith(`${code}.`));
}
