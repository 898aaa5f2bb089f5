import { type Outcome, simulate } from './simulate.ts';

/*
 * Runs seeds of the simulation. `npm run simulate -- --seeds N [--from S]`, or one: `--seed S [--trace]`.
 * Exit code 1 when a rule was broken.
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

const one = option('seed');
const from = one === undefined ? Number(option('from') ?? 1) : Number(one);
const count = one === undefined ? Number(option('seeds') ?? 300) : 1;
const trace = process.argv.includes('--trace')
  ? (line: string) => void process.stdout.write(line)
  : undefined;

let broken = 0;
const totals = { entries: 0, requests: 0, segments: 0, processes: 0, foundAtTheEnd: 0 };
const startedMs = performance.now();
for (let seed = from; seed < from + count; seed++) {
  const outcome = await simulate(seed, trace);
  for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += outcome.stats[key];
  if (outcome.violations.length > 0) {
    broken += 1;
    tell(outcome);
  }
  if (one !== undefined)
    console.log(JSON.stringify({ ...outcome, violations: outcome.violations.length }, undefined, 2));
}
const seconds = (performance.now() - startedMs) / 1000;
console.log(
  `${count} seeds from ${from}, ${broken} broken, ${seconds.toFixed(0)} s; ${JSON.stringify(totals)}`,
);
process.exitCode = broken === 0 ? 0 : 1;
