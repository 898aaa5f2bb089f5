import { hash } from 'node:crypto';
import type { Filter, SourceConfig } from '../config/types.ts';

/** What a journal's coverage is true of. */
export type Audited = Pick<SourceConfig, 'baseUrl' | 'userId' | 'filter'>;

/**
 * SHA-256, hex, over `base_url`, `user_id` and `filter` as canonical JSON: neither the order of keys nor that of
 * list members counts, nor a member given twice.
 */
export function fingerprintOf({ baseUrl, userId, filter }: Audited): string {
  return hash(
    'sha256',
    canonical({ base_url: baseUrl, user_id: userId, filter: canonicalFilter(filter) }),
    'hex',
  );
}

function canonicalFilter(filter: Filter): unknown {
  return {
    operations: asSet(filter.operations),
    user_ids: asSet(filter.userIds),
    targets: asSet(filter.targets),
    success: filter.success,
    source_ips: asSet(filter.sourceIps),
  };
}

/** Members as canonical JSON, in order. */
function asSet(members: readonly unknown[]): string[] {
  return [...new Set(members.map(canonical))].sort();
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}
