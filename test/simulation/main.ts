import { becomeMutant, huntAll } from './mutate.ts';
import type { Outcome } from './simulate.ts';

/*
 * Runs the simulation. Exit code 1 when a rule was broken, or a mutant was not caught.
 *   --seeds N [--from S]   seeds S to S+N-1; --until-broken: no further than the first that breaks a rule
 *   --seed S [--trace]     one seed, with everything that happens
 *   --mutants [--seeds N]  each mutant, over at most N seeds
 *   --mutant NAME          the above with a wrong version of the product
 */

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

function tell(outcome: Outcome): void {
  const shown = outcome.violations.slice(0, 10).map((each) => `  ${each}`);
  console.log(
    `seed ${outcome.seed}: ${outcome.violations.length} rules broken\n${shown.join('\n')}\n` +
      `  again: npm run simulate -- --seed ${outcome.seed} --trace`,
  );
}

async function runSeeds(): Promise<boolean> {
  // Loaded here: a mutant is made while it is loaded.
  const { simulate } = await import('./simulate.ts');
  const one = option('seed');
  const from = Number(one ?? option('from') ?? 1);
  const count = one === undefined ? Number(option('seeds') ?? 300) : 1;
  const trace = process.argv.includes('--trace')
    ? (line: string) => void process.stdout.write(line)
    : undefined;
  const totals = { entries: 0, requests: 0, segments: 0, processes: 0, foundAtTheEnd: 0 };
  let broken = 0;
  const startedMs = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await simulate(seed, trace);
    for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += outcome.stats[key];
    if (outcome.violations.length > 0) {
      broken += 1;
      tell(outcome);
      if (process.argv.includes('--until-broken')) break;
    }
    if (one !== undefined) console.log(JSON.stringify(outcome, undefined, 2));
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  console.log(`${count} seeds from ${from}, ${broken} broken, ${seconds} s; ${JSON.stringify(totals)}`);
  return broken === 0;
}

async function runMutants(): Promise<boolean> {
  console.log('| Wrong version | The rule it breaks | Caught by |\n|---|---|---|');
  const caught = await huntAll(Number(option('seeds') ?? 5_000));
  const escaped = caught.filter(({ seed }) => seed === undefined);
  console.log(`${caught.length - escaped.length} of ${caught.length} caught`);
  return escaped.length === 0;
}

const name = option('mutant');
if (name !== undefined) becomeMutant(name);
const fine = process.argv.includes('--mutants') ? await runMutants() : await runSeeds();
process.exitCode = fine ? 0 : 1;
