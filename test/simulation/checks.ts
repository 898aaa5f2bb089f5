import type { Nanos } from '../../src/event/span.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { isPrompt, type WorldEntry } from './audit-world.ts';
import { PAT, PLAIN } from './process.ts';
import { isPoison } from './seams.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;
const SETTLE_MS = 30_000;
/** The shortest overlap of a simulated config. */
const OVERLAP_MS = 900_000;

/** The rules that hold when faults have ended and nobody lent a hand. */
export function checkQuiet(world: World): void {
  const { violations, watch } = world;
  for (const entry of world.log.shown()) {
    if (watch.ids.has(entry.id)) continue;
    if (!isOwed(world, entry)) continue;
    violations.push(`quiet for long, and ${entry.id} is missing: ${entry.text(0)}`);
  }
  if (world.serverRecord.mostPerSecond > (world.scenario.process.two ? 30 : 15)) {
    violations.push(`${world.serverRecord.mostPerSecond} requests in one second`);
  }
}

/** Whether polls and nightly reading must have found an entry by now. */
function isOwed(world: World, { at, visibleMs }: WorldEntry): boolean {
  const { pollMinutes, nightly } = world.scenario;
  const [now, pollMs] = [world.engine.trueMs, pollMinutes * 60_000];
  if (at === undefined) return true;
  if (at < world.watch.start || isTrimmed(world, at)) return false;
  const atMs = Number(at / 1_000_000n);
  const seenMs = Math.max(visibleMs, atMs + SETTLE_MS) + 2 * pollMs + 60_000;
  if (seenMs > now) return false;
  const nightlyRead = nightly && atMs + 49 * HOUR_MS < now;
  if (mayBeCutOff(world, atMs)) return nightlyRead;
  if (isPrompt({ at, visibleMs } as WorldEntry, SETTLE_MS)) return true;
  return nightly ? nightlyRead : visibleMs - atMs < 11 * 60_000;
}

/**
 * Whether polls may never have come to an entry while answers were cut short: a poll over dense seconds takes dozens
 * of answers, and ends with the first that is cut. Only nightly reading then finds what has left the overlap. What was
 * there before the first start is read with its end confirmed, and owed.
 */
function mayBeCutOff({ scenario, engine }: World, atMs: number): boolean {
  const { answers, entries, faultsMs, pollMinutes } = scenario;
  const cleanMs = engine.epochMs + faultsMs + 2 * pollMinutes * 60_000;
  const live = atMs >= engine.epochMs;
  return live && answers.cut > 0 && entries.dense > 0 && atMs + OVERLAP_MS < cleanMs;
}

/** Whether retention removed the span: what becomes visible there later is not looked for any more. */
function isTrimmed(world: World, at: Nanos): boolean {
  const trim = world.store.get('acme/trim.json');
  if (trim === undefined) return false;
  const { spans } = JSON.parse(trim.body.toString()) as { spans: [string, string][] };
  return spans.some(([from, to]) => at >= BigInt(from) && at < BigInt(to));
}

/** How many records have arrived at the sinks. */
export function arrivedIn(world: World): number {
  return [...world.sinks.values()].reduce((sum, { arrived }) => sum + arrived.length, 0);
}

/** Journal = the API's entries, once each; every sink has them as its guarantee says. */
export function compareAll(world: World): void {
  const now = world.engine.trueMs;
  const owed = world.log
    .shown()
    .filter(
      ({ at }) =>
        at === undefined ||
        (at >= world.watch.start && !isTrimmed(world, at) && Number(at / 1_000_000n) < now - 2 * SETTLE_MS),
    );
  const { ids } = world.watch;
  for (const { id, text } of owed) if (!ids.has(id)) world.violations.push(`${id} is missing: ${text(0)}`);
  const all = new Set(world.log.entries.map(({ id }) => id));
  for (const id of ids)
    if (!all.has(id)) world.violations.push(`${id} is in the journal, and was never in the log`);
  compareSinks(world, ids);
  if (!world.scenario.process.two) compareFiles(world, ids);
}

function compareSinks(world: World, ids: ReadonlySet<string>): void {
  const { poison } = world.scenario.sinks;
  for (const [name, { held, arrived }] of world.sinks) {
    const letters = [...world.store.objects.keys()].filter((key) => key.startsWith(`deadletters/${name}/`));
    const refused = [...ids].filter((id) => isPoison(id, poison)).length;
    if (letters.length !== refused) {
      world.violations.push(`${name}: ${letters.length} dead letters for ${refused} refused records`);
    }
    for (const id of ids) {
      if (!held.has(id) && !isPoison(id, poison)) world.violations.push(`${name} never got ${id}`);
    }
    if (name === 'exact' && arrived.length !== held.size) world.violations.push(`${name} holds an id twice`);
  }
}

function compareFiles(world: World, ids: ReadonlySet<string>): void {
  const lines = [...world.files.texts().values()].flatMap((text) =>
    text.split('\n').filter((line) => line !== ''),
  );
  const seen = new Map<string, number>();
  for (const line of lines) {
    let id: string;
    try {
      id = (JSON.parse(line) as { id: string }).id;
    } catch {
      world.violations.push(`a line of a file is torn: ${line.slice(0, 80)}`);
      continue;
    }
    seen.set(id, (seen.get(id) ?? 0) + 1);
    if (line.includes(PAT)) world.violations.push('a file shows the PAT');
  }
  for (const id of ids) {
    if (seen.get(id) !== 1) world.violations.push(`the files hold ${id} ${seen.get(id) ?? 0} times`);
  }
}

/** The journal is whole for `verify` too, and nothing in the store shows the PAT. */
export async function verifyAll(world: World): Promise<void> {
  const report = await verifyJournal(await world.store.snapshot(), 'acme', { codec: PLAIN });
  for (const { key, reason } of report.faults as readonly { key?: string; reason?: string }[]) {
    world.violations.push(`verify: ${key}: ${reason}`);
  }
  for (const [key, { body }] of world.store.objects) {
    if (body.includes(PAT)) world.violations.push(`${key} shows the PAT`);
  }
}
