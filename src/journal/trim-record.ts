import { z } from 'zod';
import type { Store } from '../store/store.ts';
import { damaged, newerFormat } from './damage.ts';
import { formatSpan, newerVersion, spansSchema } from './header.ts';
import { trimKey } from './keys.ts';
import type { TrimRecord } from './types.ts';

const FORMAT = 1;

const schema = z.strictObject({
  v: z.literal(FORMAT),
  chain_id: z.string(),
  begins: z.int().min(1),
  prev: z.string().regex(/^[0-9a-f]{64}$/),
  spans: spansSchema,
});

/** A trim record with its version in the store. */
export interface StoredTrim {
  readonly record: TrimRecord;
  readonly version: string;
}

/** Reads the trim record of a source, undefined when there is none. Throws `journal.damaged`, `journal.newer_format`. */
export async function readTrim(store: Store, source: string): Promise<StoredTrim | undefined> {
  const key = trimKey(source);
  const object = await store.get(key);
  if (object === undefined) return undefined;
  return { record: parseTrim(object.body, key), version: object.version };
}

/** Writes it in the place of the version `expected`. Throws `store.conflict`. */
export function writeTrim(
  store: Store,
  source: string,
  record: TrimRecord,
  expected: string | undefined,
): Promise<string> {
  return store.replace(trimKey(source), Buffer.from(formatTrim(record)), expected);
}

/** A trim record as it stands in the store. */
export function formatTrim({ chainId, begins, prev, spans }: TrimRecord): string {
  return `${JSON.stringify({ v: FORMAT, chain_id: chainId, begins, prev, spans: spans.map(formatSpan) })}\n`;
}

function parseTrim(body: Buffer, key: string): TrimRecord {
  let raw: unknown;
  try {
    raw = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw damaged(key, 'it is not JSON', error);
  }
  const newer = newerVersion(raw, FORMAT);
  if (newer !== undefined) throw newerFormat(key, newer, FORMAT);
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw damaged(key, 'it is not a trim record', parsed.error);
  const { chain_id: chainId, begins, prev, spans } = parsed.data;
  return { chainId, begins, prev, spans };
}
