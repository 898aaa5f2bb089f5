import { z } from 'zod';
import type { Store, StoredObject } from '../store/store.ts';
import { damaged, newerFormat } from './damage.ts';
import { newerVersion } from './header.ts';
import { repairKey } from './keys.ts';

const FORMAT = 1;

const schema = z.strictObject({
  v: z.literal(FORMAT),
  replaced: z.string(),
  chain_id: z.string(),
  last_good: z.int().min(0),
  aside: z.array(z.string()),
  write: z.array(z.strictObject({ key: z.string(), body: z.base64() })),
  remove: z.array(z.string()),
});

/**
 * All that a repair is going to do, decided before anything is changed. It is in the store while the repair is
 * under way, and each of its steps may be done twice: so an interrupted repair is carried on from it.
 */
export interface RepairPlan {
  /** Id of the chain that ends. */
  readonly replaced: string;
  /** Id of the chain that begins. */
  readonly chainId: string;
  /** Sinks that are behind this segment go back to what follows it. */
  readonly lastGood: number;
  /**
   * Keys to copy under `chains/<replaced>/`, in that order, before anything else. All of them are there when the plan
   * is made: what the repair writes itself is never set aside.
   */
  readonly aside: readonly string[];
  /** Objects to write, whatever is there, in that order. */
  readonly write: readonly { readonly key: string; readonly body: Buffer }[];
  /** Keys to delete in the end. */
  readonly remove: readonly string[];
}

/** Reads the plan of an interrupted repair; undefined when there is none. Throws `journal.damaged`. */
export async function readPlan(store: Store, source: string): Promise<RepairPlan | undefined> {
  const key = repairKey(source);
  const object = await store.get(key);
  return object === undefined ? undefined : parsePlan(object, key);
}

/** Puts a plan on record. Throws `store.conflict` when another repair is under way. */
export async function writePlan(store: Store, source: string, plan: RepairPlan): Promise<void> {
  const raw = {
    v: FORMAT,
    replaced: plan.replaced,
    chain_id: plan.chainId,
    last_good: plan.lastGood,
    aside: plan.aside,
    write: plan.write.map(({ key, body }) => ({ key, body: body.toString('base64') })),
    remove: plan.remove,
  };
  await store.replace(repairKey(source), Buffer.from(`${JSON.stringify(raw)}\n`), undefined);
}

function parsePlan({ body }: StoredObject, key: string): RepairPlan {
  let raw: unknown;
  try {
    raw = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw damaged(key, 'it is not JSON', error);
  }
  const newer = newerVersion(raw, FORMAT);
  if (newer !== undefined) throw newerFormat(key, newer, FORMAT);
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw damaged(key, 'it is not the plan of a repair', parsed.error);
  const { replaced, chain_id: chainId, last_good: lastGood, aside, write, remove } = parsed.data;
  const bodies = write.map((each) => ({ key: each.key, body: Buffer.from(each.body, 'base64') }));
  return { replaced, chainId, lastGood, aside, write: bodies, remove };
}
