import type { EntryFacts, TargetFact } from './audit-log.ts';
import { operationCode } from './operations.ts';

/** What filters compare, read from an entry's bytes; fields that are missing or unreadable are empty. */
export function readFacts(bytes: Uint8Array): EntryFacts {
  const entry = parse(bytes);
  const targets = Array.isArray(entry.targets) ? entry.targets.flatMap(targetFacts) : [];
  return {
    operation: operationCode(entry.operation),
    userId: textOf(recordOf(entry.user).id),
    success: entry.success === true,
    sourceIp: textOf(entry.source_ip),
    targets,
  };
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return {};
  }
}

function targetFacts(target: unknown): TargetFact[] {
  return Object.entries(recordOf(target)).map(([kind, object]) => ({
    kind,
    id: textOf(recordOf(object).id),
  }));
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
