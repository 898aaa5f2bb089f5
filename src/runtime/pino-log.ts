import { type Logger, pino } from 'pino';
import { ConnectorError } from './errors.ts';
import type { Log } from './log.ts';
import { createRedactor } from './redact.ts';
import { RepeatLimit } from './repeat-limit.ts';
import { textLine } from './text-line.ts';

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Lines below it are dropped. `debug` also adds stacks to errors. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `json`: a line for machines; `text`: the same for people. Default `json`. */
  readonly format?: 'json' | 'text';
  /** Every secret in use: replaced in each line by `[redacted]`, in any usual encoding. */
  readonly secrets: () => readonly string[];
  /** Takes a finished line, line end included. */
  readonly write: (line: string) => void;
  /** Wall clock in milliseconds. Default the machine's. */
  readonly nowMs?: () => number;
}

/** How many causes of an error are told. */
const MAX_CAUSES = 8;

/** Fields that tell apart lines with the same message. */
const KIND_FIELDS = ['source', 'sink', 'part', 'index', 'file', 'code'];

/**
 * {@link Log} on pino: JSON lines with `level` (a word), `time` (RFC 3339), the fields, and `msg`. Warnings and errors
 * that repeat themselves are held back (see {@link RepeatLimit}) and told with `repeated`, their number.
 */
export function createLog(options: LogOptions): Log {
  const { level, format = 'json', secrets, write, nowMs = Date.now } = options;
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
    { write: (line: string) => write(redact(format === 'text' ? textLine(line) : line)) },
  );
  return wrap(logger, {}, { withStack, limit: new RepeatLimit(nowMs) });
}

/** What a log and its children share. */
interface Shared {
  readonly withStack: boolean;
  readonly limit: RepeatLimit;
}

function wrap(logger: Logger, bound: object, shared: Shared): Log {
  const { limit, withStack } = shared;
  const limited = (level: 'warn' | 'error', fields: object, message: string): void => {
    const all: Record<string, unknown> = { ...bound, ...fields };
    const kind = JSON.stringify([level, message, ...KIND_FIELDS.map((name) => all[name])]);
    limit.pass(kind, (repeated) => {
      logger[level](repeated === undefined ? fields : { ...fields, repeated }, message);
    });
  };
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => {
      limit.sweep();
      logger.info(fields, message);
    },
    warn: (fields, message) => limited('warn', fields, message),
    error: (fields, message) => limited('error', fields, message),
    child: (fields) =>
      wrap(logger.child(withPlainErrors(fields, withStack)), { ...bound, ...fields }, shared),
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
