import { TARGET_KINDS } from '../event/catalogue.ts';
import type { Nanos } from '../event/span.ts';
import { parseTimestamp } from '../event/timestamp.ts';
import type { TargetFact } from './audit-log.ts';
import { OPERATIONS } from './operations.ts';

/** A `PostAuditLogSearches` request, read. Filters that are absent or empty are undefined. */
export interface Query {
  readonly from: Nanos | undefined;
  readonly to: Nanos | undefined;
  readonly userIds: ReadonlySet<string> | undefined;
  readonly operations: ReadonlySet<number> | undefined;
  readonly targets: readonly TargetFact[] | undefined;
  readonly success: boolean | undefined;
  readonly sourceIps: ReadonlySet<string> | undefined;
  readonly ascending: boolean;
  /** From 1. */
  readonly page: number;
  /** 1 to 1,000. */
  readonly perPage: number;
}

/** A request that the API refuses with 11102; the message says why. */
export class InvalidRequest extends Error {}

/** As documented by Clarifai. */
const DEFAULT_PER_PAGE = 128;
const MOST_PER_PAGE = 1_000;

const CODES: ReadonlyMap<string, number> = new Map(OPERATIONS.map(({ name, code }) => [name, code]));
const KINDS: ReadonlySet<string> = new Set(TARGET_KINDS);

/**
 * Reads a request's body.
 *
 * @throws InvalidRequest for anything but what the proto JSON of the API allows
 */
export function readQuery(body: string): Query {
  const request = objectOf(parseJson(body), 'the body');
  const query = objectOf(request.query, 'query');
  const pagination = objectOf(request.pagination, 'pagination');
  const perPage = countOf(pagination.per_page, 'per_page', DEFAULT_PER_PAGE);
  if (perPage > MOST_PER_PAGE) throw new InvalidRequest(`per_page must be at most ${MOST_PER_PAGE}`);
  return {
    from: instantOf(query.timestamp_from, 'timestamp_from'),
    to: instantOf(query.timestamp_to, 'timestamp_to'),
    userIds: setOf(query.user_ids, 'user_ids', textOf),
    operations: setOf(query.operations, 'operations', codeOf),
    targets: listOf(query.targets, 'targets')?.map(targetOf),
    success: flagOf(query.success, 'success'),
    sourceIps: setOf(query.source_ips, 'source_ips', textOf),
    ascending: flagOf(request.sort_ascending, 'sort_ascending') ?? false,
    page: countOf(pagination.page, 'page', 1),
    perPage,
  };
}

function parseJson(body: string): unknown {
  if (body.trim() === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new InvalidRequest('the body is not JSON');
  }
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw new InvalidRequest(`${name} must be an object`);
  return value as Record<string, unknown>;
}

function listOf(value: unknown, name: string): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw new InvalidRequest(`${name} must be a list`);
  return value.length === 0 ? undefined : value;
}

function setOf<T>(value: unknown, name: string, read: (item: unknown) => T): ReadonlySet<T> | undefined {
  const list = listOf(value, name);
  return list === undefined ? undefined : new Set(list.map(read));
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidRequest('a text is wanted');
  return value;
}

function flagOf(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw new InvalidRequest(`${name} must be true or false`);
  return value;
}

function instantOf(value: unknown, name: string): Nanos | undefined {
  if (value === undefined || value === null) return undefined;
  const instant = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (instant === undefined) throw new InvalidRequest(`${name} must be an RFC 3339 timestamp`);
  return instant;
}

/** Absent and 0 are the default, as everywhere in proto3. */
function countOf(value: unknown, name: string, fallback: number): number {
  if (value === undefined || value === null || value === 0) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new InvalidRequest(`${name} must be a whole number from 1`);
  }
  return value as number;
}

function codeOf(value: unknown): number {
  const code = typeof value === 'string' ? CODES.get(value) : value;
  if (!Number.isInteger(code)) throw new InvalidRequest('operations must be names or numbers of EventType');
  return code as number;
}

function targetOf(value: unknown): TargetFact {
  const [pair, more] = Object.entries(objectOf(value, 'a target'));
  if (pair === undefined || more !== undefined || !KINDS.has(pair[0])) {
    throw new InvalidRequest('a target must have one key, its kind');
  }
  return { kind: pair[0], id: textOf(objectOf(pair[1], 'a target').id) };
}
