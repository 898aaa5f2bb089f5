import { type Logger, pino } from 'pino';
import { ConnectorError } from './errors.ts';
import type { Log } from './log.ts';
import { createRedactor } from './redact.ts';

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Lines below it are dropped. `debug` also adds stacks to errors. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Every secret in use: replaced in each line by `[redacted]`, in any usual encoding. */
  readonly secrets: () => readonly string[];
  /** Takes a finished line, line end included. */
  readonly write: (line: string) => void;
  /** Wall clock in milliseconds. Default the machine's. */
  readonly nowMs?: () => number;
}

/** How many causes of an error are told. */
const MAX_CAUSES = 8;

/** {@link Log} on pino: JSON lines with `level` (a word), `time` (RFC 3339), the fields, and `msg`. */
export function createLog(options: LogOptions): Log {
  const { level, secrets, write, nowMs = Date.now } = options;
  const redact = createRedactor(secrets);
  const withStack = level === 'debug';
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => withPlainErrors(fields, withStack),
      },
      serializers: { err: (value: unknown) => value },
    },
    { write: (line: string) => write(redact(line)) },
  );
  return wrap(logger, withStack);
}

function wrap(logger: Logger, withStack: boolean): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(withPlainErrors(fields, withStack)), withStack),
  };
}

function withPlainErrors(fields: object, withStack: boolean): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    plain[key] = value instanceof Error ? plainError(value, withStack, MAX_CAUSES) : value;
  }
  return plain;
}

/** Code, message and causes of an error; whatever else a library hangs on its errors stays out of the log. */
function plainError(error: Error, withStack: boolean, causesLeft: number): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string' || typeof code === 'number') plain.code = code;
  if (!(error instanceof ConnectorError)) plain.type = error.name;
  plain.message = error.message;
  if (withStack && error.stack !== undefined) plain.stack = error.stack;
  if (error.cause !== undefined && causesLeft > 0)
    plain.cause = plainCause(error.cause, withStack, causesLeft - 1);
  return plain;
}

function plainCause(cause: unknown, withStack: boolean, causesLeft: number): unknown {
  return cause instanceof Error ? plainError(cause, withStack, causesLeft) : String(cause);
}
