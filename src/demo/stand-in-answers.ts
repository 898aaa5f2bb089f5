import type { AuditLog } from './audit-log.ts';

/** A whole HTTP answer before it is written. */
export interface Reply {
  /** HTTP status. */
  readonly http: number;
  /** JSON. */
  readonly body: Buffer;
  /** Under what `requests.byOutcome` counts it. */
  readonly outcome: string;
  /** Entries in it. */
  readonly entries: number;
}

/** Status codes of Clarifai that the stand-in uses, with the HTTP status they come with. */
export const STATUSES = {
  credentials: { code: 11002, http: 401, description: 'Invalid authentication credentials' },
  throttled: { code: 11005, http: 429, description: 'exceeded limit of 15 requests per second' },
  scopes: { code: 11007, http: 403, description: 'API key has insufficient scopes' },
  key: { code: 11008, http: 401, description: 'API key not found' },
  path: { code: 11101, http: 404, description: 'Resource does not exist' },
  request: { code: 11102, http: 400, description: 'Invalid request' },
} as const;

/** Name of one of {@link STATUSES}. */
export type StatusName = keyof typeof STATUSES;

/** An answer with an error and no entries; `outcome` is the status's name. */
export function refusal(name: StatusName, reqId: string, details = ''): Reply {
  const { code, http, description } = STATUSES[name];
  const body = Buffer.from(JSON.stringify({ status: { code, description, details, req_id: reqId } }));
  return { http, body, outcome: name, entries: 0 };
}

const COMMA = Buffer.from(',');
const TAIL = Buffer.from(']}');

/** The answer with the entries at `indices`: one copy of the bytes, no JSON made from objects. */
export function entriesReply(log: AuditLog, indices: readonly number[], read: number, reqId: string): Reply {
  const parts: Uint8Array[] = [
    Buffer.from(`{"status":{"code":10000,"description":"Ok","req_id":"${reqId}"},"entries":[`),
  ];
  for (let i = 0; i < indices.length; i++) {
    if (i > 0) parts.push(COMMA);
    parts.push(log.bytesAt(indices[i]!, read));
  }
  parts.push(TAIL);
  return { http: 200, body: Buffer.concat(parts), outcome: 'ok', entries: indices.length };
}
