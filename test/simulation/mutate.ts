import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Edit, MUTANTS, type Mutant, SEEDS_TO_TRY } from './mutants.ts';

const SRC = join(import.meta.dirname, '..', '..', 'src');

/** Modules loaded from now on are those of the mutant. Throws when a place of it is no longer there. */
export function becomeMutant(name: string): void {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant ${name}.`);
  const edits = Map.groupBy(mutant.edits, ({ file }) => join(SRC, file));
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      const wanted = url.startsWith('file:') ? edits.get(fileURLToPath(url)) : undefined;
      if (wanted === undefined) return loaded;
      return { ...loaded, source: wanted.reduce(applied, String(loaded.source)) };
    },
  });
}

function applied(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`${file} holds "${find}" ${parts.length - 1} times: mend the mutant.`);
  return parts.join(replace);
}

/** Throws when a mutant has a place that is not in the source exactly once. */
export function checkMutants(): void {
  for (const { edits } of MUTANTS) {
    for (const edit of edits) applied(readFileSync(join(SRC, edit.file), 'utf8'), edit);
  }
}

/** What became of a mutant. */
export interface Caught {
  readonly mutant: Mutant;
  /** The first seed that broke a rule; undefined when none did. */
  readonly seed: number | undefined;
  /** The rule as it was told. */
  readonly how: string;
}

/** Runs seeds over a mutant, in a process of its own, until one breaks a rule; one that did so before comes first. */
async function hunt(mutant: Mutant, seeds: number): Promise<Caught> {
  const tried = SEEDS_TO_TRY[mutant.name];
  const caught = tried === undefined ? undefined : await huntFrom(mutant, tried, 1);
  return caught?.seed === undefined ? huntFrom(mutant, 1, seeds) : caught;
}

async function huntFrom(mutant: Mutant, from: number, seeds: number): Promise<Caught> {
  const main = join(import.meta.dirname, 'main.ts');
  const child = spawn(
    process.execPath,
    [
      ...[...process.execArgv, main, '--mutant', mutant.name, '--until-broken'],
      ...['--from', String(from), '--seeds', String(seeds)],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  const [, seed, how] = /seed (\d+): \d+ rules broken\n {2}(.*)/.exec(text) ?? [];
  if (seed === undefined && !text.includes('seeds from'))
    throw new Error(`${mutant.name} did not run:\n${text}`);
  return { mutant, seed: seed === undefined ? undefined : Number(seed), how: how ?? '' };
}

/** The table of all mutants, and whether each was caught. */
export async function huntAll(seeds: number, workers = 2): Promise<readonly Caught[]> {
  const open = [...MUTANTS];
  const caught: Caught[] = [];
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const result = await hunt(next, seeds);
      caught.push(result);
      const outcome = result.seed === undefined ? 'NOT CAUGHT' : `seed ${result.seed}`;
      console.log(`| ${next.name} | ${next.breaks} | ${outcome} |`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return caught;
}
