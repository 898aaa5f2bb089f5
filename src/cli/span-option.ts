import { fromMs, type Nanos, type Span } from '../event/span.ts';
import { formatTimestamp, parseTimestamp } from '../event/timestamp.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads `--from` and `--to`. Throws `cli.span` (exit 2) when they name no span. */
export function parseSpan(from: string, to: string, nowMs: number): Span {
  const span = { from: parseInstant('--from', from, nowMs), to: parseInstant('--to', to, nowMs) };
  if (span.from < span.to) return span;
  throw fault(`--from (${formatTimestamp(span.from)}) must be before --to (${formatTimestamp(span.to)})`);
}

function parseInstant(option: string, text: string, nowMs: number): Nanos {
  if (text === 'now') return fromMs(nowMs);
  const ago = /^-(\d+)([mhdw])$/.exec(text);
  if (ago !== null) return fromMs(nowMs - Number(ago[1]) * UNITS_MS[ago[2]!]!);
  const at = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (at !== undefined) return at;
  throw fault(`${option} "${text}" is no time: use 2026-01-31T12:00:00Z, 2026-01-31, -7d, -12h or now`);
}

function fault(message: string): ConnectorError {
  return new ConnectorError(message, { code: 'cli.span', exitCode: ExitCode.config });
}
