import type { Store } from '../store/store.ts';

/**
 * Takes the cursors of a source's sinks over into a new chain: what the old one had up to its last good segment
 * has the same numbers in the new one, so sinks go on where they are; those that are further go back to what
 * follows it. Cursors that cannot be read, or are of another chain, stay as they are. Returns how many it changed.
 */
export async function moveCursors(
  store: Store,
  source: string,
  chain: { readonly from: string; readonly to: string; readonly lastGood: number },
): Promise<number> {
  let moved = 0;
  for (const key of await store.list(`${source}/cursors/`)) {
    const object = await store.get(key);
    const cursor = object && parse(object.body);
    if (cursor === undefined || cursor.chain_id !== chain.from) continue;
    const { segment } = cursor;
    if (typeof segment !== 'number') continue;
    const place = segment > chain.lastGood ? { segment: chain.lastGood + 1, line: 0 } : {};
    const body = `${JSON.stringify({ ...cursor, chain_id: chain.to, ...place })}\n`;
    await store.replace(key, Buffer.from(body), object!.version);
    moved += 1;
  }
  return moved;
}

function parse(body: Buffer): Record<string, unknown> | undefined {
  try {
    const raw: unknown = JSON.parse(body.toString('utf8'));
    const known = typeof raw === 'object' && raw !== null && 'v' in raw && raw.v === 1;
    return known ? (raw as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
