/**
 * Structured log. Levels mean something: `warn` = recovered, nothing lost; `error` = an operator is needed.
 * One line a poll, none per event. Field names are stable: `source`, `sink`, `segment`, `entries`, `err`.
 */
export interface Log {
  /** For developers; off by default. */
  debug(fields: object, message: string): void;
  /** What happened as it should. */
  info(fields: object, message: string): void;
  /** Something went wrong and was mended; nothing is lost. */
  warn(fields: object, message: string): void;
  /** An operator is needed: the message says what failed, where, and what to do next. */
  error(fields: object, message: string): void;
  /** A log that adds `fields` to every line. */
  child(fields: object): Log;
}

/** A log that drops everything. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
