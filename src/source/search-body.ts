import type { Filter } from '../config/types.ts';
import { OPERATION_CODES } from '../event/catalogue.ts';
import type { Search } from './api.ts';

/**
 * The JSON body of `PostAuditLogSearches`: the source's filter, narrowed by the search. Empty filters are left out.
 * Undefined when filter and search exclude each other: nothing can match, so nobody need be asked.
 */
export function searchBody(filter: Filter, search: Search): string | undefined {
  const success = search.success ?? filter.success ?? undefined;
  if (filter.success !== null && success !== filter.success) return undefined;
  const operations = narrowOperations(filter.operations, search.operation);
  if (search.operation !== undefined && operations.length === 0) return undefined;
  return JSON.stringify({
    query: {
      timestamp_from: search.from,
      timestamp_to: search.to,
      user_ids: filled(filter.userIds),
      operations: filled(operations),
      targets: filled(filter.targets),
      success,
      source_ips: filled(filter.sourceIps),
    },
    sort_ascending: true,
    pagination: { page: search.page, per_page: search.perPage },
  });
}

/** Names that are not in the catalogue count as operation 0, as in the partition of a dense second. */
function narrowOperations(
  configured: readonly (string | number)[],
  operation: number | undefined,
): readonly (string | number)[] {
  if (operation === undefined) return configured;
  if (configured.length === 0) return [operation];
  return configured.filter(
    (each) => operation === (typeof each === 'number' ? each : (OPERATION_CODES.get(each) ?? 0)),
  );
}

/** `JSON.stringify` leaves undefined out. */
function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
