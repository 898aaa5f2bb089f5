import type { Entry } from './entry.ts';
import { baseIdOf } from './event-id.ts';
import { parseTimestamp } from './timestamp.ts';
export interface CutAnswer { statusCode: number | string | undefined; statusText: string | undefined; requestId: string | undefined; entries: Entry[] | undefined }
export function readEntry(bytes: Buffer): Entry {
  const e = JSON.parse(bytes.toString());
  return { bytes, at: typeof e.timestamp === 'string' ? parseTimestamp(e.timestamp) : undefined, baseId: baseIdOf(bytes), utf8: true };
}
export function cutAnswer(body: Buffer): CutAnswer {
  const v = JSON.parse(body.toString());
  return { statusCode: v.status?.code, statusText: v.status?.description, requestId: v.status?.req_id, entries: v.entries?.map((e: unknown) => readEntry(Buffer.from(JSON.stringify(e)))) };
}
