import type { Nanos } from '../event/span.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Store } from '../store/store.ts';
import type { Codec } from './codec.ts';
import { JournalDamage } from './damage.ts';
import { NO_HASH } from './journal.ts';
import { asidePrefix, repairKey, trimKey } from './keys.ts';
import { moveCursors } from './repair-cursors.ts';
import { type RepairPlan, readPlan, writePlan } from './repair-plan.ts';
import { encodeSegment, type HeaderDraft } from './segment.ts';
import { SegmentFiles } from './segment-files.ts';
import { formatTrim, readTrim } from './trim-record.ts';
import { type Genesis, SEGMENT_FORMAT, type Segment, type TrimRecord } from './types.ts';
import { type VerifyReport, verifyJournal } from './verify.ts';

/*
 * How a damaged journal is mended. The good segments stay where they are, under the numbers they have, byte for
 * byte: re-reads go on seeing their ids, and sinks their places. What changes is what stands around them: the
 * damaged tail is set aside under `<source>/chains/<old chain id>/`, with the old genesis and trim record; a new
 * genesis with a new chain id takes the place of the old one, names the last good segment and its hash, and
 * carries the coverage up to it; and the trim record says what the first good segment names as `prev`, as it does
 * after retention. Then the collector reads again what is no longer covered.
 */

/** What {@link repairJournal} works with. */
export interface RepairOptions {
  readonly store: Store;
  /** Source id. */
  readonly source: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Default gzip. */
  readonly codec?: Codec;
  /** See `fingerprintOf`; used when the old genesis cannot be read. */
  readonly fingerprint: string;
  /** The configured start, resolved; used when the old genesis cannot be read. */
  readonly resolveStart: () => Nanos;
}

/** What {@link repairJournal} did. */
export interface RepairReport {
  /** Id of the chain that was replaced, and of the new one. */
  readonly replaced: string;
  readonly chainId: string;
  /** The last segment that was kept; nothing of the chain but genesis when it is below the first number. */
  readonly lastGood: number;
  /** Where what was set aside is now. */
  readonly aside: readonly string[];
  /** Cursors of sinks that were taken over. */
  readonly cursors: number;
}

/**
 * Mends the journal of a source, for the holder of the lock. Undefined when nothing is damaged. Removes no byte:
 * what it takes away is set aside. May be repeated after a crash at any point. Throws `journal.newer_format`, and
 * what the store throws.
 */
export async function repairJournal(options: RepairOptions): Promise<RepairReport | undefined> {
  const { store, source } = options;
  let plan = await readPlan(store, source);
  if (plan === undefined) {
    const report = await verifyJournal(store, source, {
      codec: options.codec,
      maxFaults: Number.POSITIVE_INFINITY,
    });
    if (report.faultCount === 0) return undefined;
    plan = await makePlan(options, report);
    await writePlan(store, source, plan);
  }
  return carryOut(store, source, plan);
}

async function carryOut(store: Store, source: string, plan: RepairPlan): Promise<RepairReport> {
  const aside: string[] = [];
  for (const key of plan.aside) {
    const copy = `${asidePrefix(source, plan.replaced)}${key.slice(key.lastIndexOf('/') + 1)}`;
    const object = await store.get(key);
    if (object !== undefined) await store.putIfAbsent(copy, object.body);
    aside.push(copy);
  }
  for (const { key, body } of plan.write) {
    const object = await store.get(key);
    if (object === undefined || !object.body.equals(body)) await store.replace(key, body, object?.version);
  }
  for (const key of plan.remove) await store.delete(key);
  const { replaced: from, chainId: to, lastGood } = plan;
  const cursors = await moveCursors(store, source, { from, to, lastGood });
  await store.delete(repairKey(source));
  return { replaced: from, chainId: to, lastGood, aside, cursors };
}

/** What is left of the damaged journal. */
interface Remains {
  readonly genesis: Segment | undefined;
  readonly trim: TrimRecord | undefined;
  /** The last good segment of the chain. */
  readonly good: Segment | undefined;
  /** What the lowest segment of the chain names as `prev`. */
  readonly before: string;
  /** Numbers of all segments. */
  readonly numbers: readonly number[];
}

async function makePlan(options: RepairOptions, report: VerifyReport): Promise<RepairPlan> {
  const { store, source } = options;
  const { begins, lastGood } = report;
  const files = new SegmentFiles(store, source, options.codec);
  const remains = await gather(files, store, report);
  const chainId = options.random.hex(8);
  const replaced = report.chainId ?? remains.trim?.chainId ?? `unknown-${chainId}`;
  const anew = writtenAnew(options, report, remains, { chainId, replaced });
  const tail = remains.numbers.filter((n) => n > lastGood && n >= begins).map((n) => files.key(n));
  const write: { key: string; body: Buffer }[] = [];
  const hasTrim = remains.good !== undefined || begins > 1;
  if (hasTrim) {
    const spans = remains.trim?.spans ?? (begins > 1 ? (remains.good?.header.coverage ?? []) : []);
    const body = Buffer.from(formatTrim({ chainId, begins, prev: remains.before, spans }));
    write.push({ key: trimKey(source), body });
  }
  for (const segment of anew)
    write.push({ key: files.key(segment.header.n), body: await files.pack(segment) });
  const written = new Set(write.map(({ key }) => key));
  const there = new Set(await store.list(`${source}/`));
  return {
    replaced,
    chainId,
    lastGood,
    aside: [...new Set([files.key(0), trimKey(source), ...written, ...tail])].filter((key) => there.has(key)),
    write,
    remove: [...tail, ...(hasTrim ? [] : [trimKey(source)])].filter((key) => !written.has(key)),
  };
}

async function gather(files: SegmentFiles, store: Store, report: VerifyReport): Promise<Remains> {
  const { begins, lastGood } = report;
  const trim = (await unlessDamaged(() => readTrim(store, files.source)))?.record;
  const good = lastGood >= begins ? await files.read(lastGood) : undefined;
  const lowest = good && (await files.readHeader(begins));
  return {
    genesis: await unlessDamaged(() => files.read(0)),
    trim,
    good,
    before: lowest?.prev ?? trim?.prev ?? NO_HASH,
    numbers: await files.numbers(),
  };
}

/** Genesis; empty segments for damaged undated ones; and the lowest segment of the chain if retention left no other. */
function writtenAnew(
  options: RepairOptions,
  report: VerifyReport,
  remains: Remains,
  chain: { readonly chainId: string; readonly replaced: string },
): Segment[] {
  const { begins, lastGood, faults } = report;
  const { genesis: old, trim, good } = remains;
  const kept = good?.header.undated ?? remains.numbers.filter((n) => n > 0 && n < begins);
  const lastHash = good?.hash ?? (begins > 1 ? trim?.prev : old?.hash);
  const genesis: Genesis = {
    chainId: chain.chainId,
    start: old?.header.genesis?.start ?? options.resolveStart(),
    fingerprint: old?.header.genesis?.fingerprint ?? options.fingerprint,
    replaces: lastHash === undefined ? undefined : { chainId: chain.replaced, n: lastGood, hash: lastHash },
  };
  const draft: HeaderDraft = {
    v: SEGMENT_FORMAT,
    source: options.source,
    n: 0,
    written: new Date(options.clock.nowMs()).toISOString(),
    prev: lastHash ?? NO_HASH,
    kind: 'genesis',
    answers: [],
    coverage: good?.header.coverage ?? trim?.spans ?? [],
    gaps: good?.header.gaps ?? [],
    resume: 0,
    undated: kept,
    largestPage: good?.header.largestPage ?? 0,
  };
  const segments = [encodeSegment({ ...draft, genesis }, [])];
  for (const { n } of faults) {
    if (n === undefined || n === 0 || n >= begins) continue;
    segments.push(
      encodeSegment({ ...draft, n, kind: 'undated', undated: kept.filter((each) => each <= n) }, []),
    );
  }
  if (good === undefined && begins > 1) {
    segments.push(
      encodeSegment({ ...draft, n: begins, prev: remains.before, kind: 'heartbeat', resume: begins }, []),
    );
  }
  return segments;
}

async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof JournalDamage) return undefined;
    throw error;
  }
}
