/**
 * What a `status.code` means for reading. `success`; `throttled`: wait; `pat`, `scope`, `user`: the API refuses us;
 * `request`: this question is refused; `internal`: trouble on their side; `unknown`: absent, or none of these.
 */
export type StatusKind =
  | 'success'
  | 'throttled'
  | 'pat'
  | 'scope'
  | 'user'
  | 'request'
  | 'internal'
  | 'unknown';

/** The codes that reading meets, by name, with their meaning. Source: `status_code.proto` of Clarifai's API. */
export const STATUS_CODES: Readonly<Record<string, readonly [code: number, kind: StatusKind]>> = {
  SUCCESS: [10000, 'success'],
  TRY_AGAIN: [10030, 'internal'],
  CONN_TOKEN_INVALID: [11001, 'pat'],
  CONN_CREDENTIALS_INVALID: [11002, 'pat'],
  CONN_EXCEED_HOURLY_LIMIT: [11003, 'throttled'],
  CONN_EXCEED_MONTHLY_LIMIT: [11004, 'throttled'],
  CONN_THROTTLED: [11005, 'throttled'],
  CONN_EXCEEDS_LIMITS: [11006, 'throttled'],
  CONN_INSUFFICIENT_SCOPES: [11007, 'scope'],
  CONN_KEY_INVALID: [11008, 'pat'],
  CONN_KEY_NOT_FOUND: [11009, 'pat'],
  CONN_BAD_REQUEST_FORMAT: [11100, 'request'],
  CONN_DOES_NOT_EXIST: [11101, 'user'],
  CONN_INVALID_REQUEST: [11102, 'request'],
  CONN_INVALID_RANGE: [11105, 'request'],
  CONN_AUTH_METHOD_DISABLED: [11200, 'pat'],
  INTERNAL_SERVER_ISSUE: [98004, 'internal'],
  INTERNAL_FETCHING_ISSUE: [98005, 'internal'],
  INTERNAL_DATABASE_ISSUE: [98006, 'internal'],
  INTERNAL_CONTEXT_CANCELED: [98008, 'internal'],
  INTERNAL_UNEXPECTED_TIMEOUT: [98009, 'internal'],
  INTERNAL_UNEXPECTED_V1: [98010, 'internal'],
  INTERNAL_UNEXPECTED_PANIC: [98011, 'internal'],
  INTERNAL_UNEXPECTED_SPIRE: [98012, 'internal'],
  INTERNAL_REDIS_UNAVAILABLE: [98013, 'internal'],
  INTERNAL_RESOURCE_EXHAUSTED: [98014, 'internal'],
  INTERNAL_REDIS_UNCATEGORIZED: [98015, 'internal'],
  INTERNAL_AWS_UNCATEGORIZED: [98016, 'internal'],
  INTERNAL_AZURE_UNCATEGORIZED: [98017, 'internal'],
  INTERNAL_VECTORDB_UNCATEGORIZED: [98018, 'internal'],
  INTERNAL_ORACLE_UNCATEGORIZED: [98019, 'internal'],
  INTERNAL_VULTR_UNCATEGORIZED: [98020, 'internal'],
  INTERNAL_GCP_UNCATEGORIZED: [98021, 'internal'],
  INTERNAL_UNCATEGORIZED: [99009, 'internal'],
};

const byName = new Map(Object.entries(STATUS_CODES).map(([name, [, kind]]) => [name, kind]));
const byCode = new Map(Object.values(STATUS_CODES));

/** What `code` means: a number, its digits, or its name. */
export function statusKind(code: number | string | undefined): StatusKind {
  if (code === undefined) return 'unknown';
  const number = typeof code === 'number' || /^\d+$/.test(code) ? Number(code) : undefined;
  if (number === undefined) return byName.get(String(code)) ?? 'unknown';
  if (number >= 98004 && number <= 98021) return 'internal';
  return byCode.get(number) ?? 'unknown';
}
