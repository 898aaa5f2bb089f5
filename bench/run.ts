import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MAIN, ROOT, readShipped } from '../test/support/shipped.ts';

/*
 * Whole-process benchmark: backfill from the stand-in, in its own process, through the journal into an ECS file.
 * Needs the built output. Usage: npm run bench [-- --entries 1000000,100000] [-- --only limited|open]
 */

interface Case {
  readonly name: string;
  readonly entries: number;
  readonly latencyMs: number;
  /** Requests per second that the stand-in allows; undefined: any. */
  readonly limit: number | undefined;
}

interface Result {
  readonly case: Case;
  readonly seconds: number;
  readonly cpuMicrosPerEntry: number;
  readonly peakMib: number;
  readonly requests: number;
  readonly mostPerSecond: number;
}

const SHIPPED = readShipped();

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const sizes = (option('entries') ?? '100000,1000000').split(',').map(Number);
const only = option('only');
const extraFlags = (option('node-flags') ?? '').split(' ').filter((flag) => flag !== '');

const cases: Case[] = sizes.flatMap((entries) => [
  { name: 'limited', entries, latencyMs: 300, limit: 15 },
  { name: 'open', entries, latencyMs: 0, limit: undefined },
]);

async function measure(each: Case): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'siem-export-bench-'));
  const standIn = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'src', 'demo', 'stand-in-main.ts'),
      ...['--entries', String(each.entries), '--days', '90', '--latency-ms', String(each.latencyMs)],
      ...['--requests-per-second', each.limit === undefined ? 'off' : String(each.limit), '--with-parent'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  try {
    const [line] = (await once(createInterface({ input: standIn.stdout }), 'line')) as [string];
    const { url, userId, pat } = JSON.parse(line) as { url: string; userId: string; pat: string };
    await writeFile(join(folder, 'connector.yaml'), configOf(url, userId, pat, each.limit));
    const startedMs = performance.now();
    const usage = await runConnector(folder);
    const seconds = (performance.now() - startedMs) / 1000;
    const stats = (await (await fetch(`${url}/_stats`)).json()) as { total: number; mostPerSecond: number };
    return {
      case: each,
      seconds,
      cpuMicrosPerEntry: (usage.userCPUTime + usage.systemCPUTime) / each.entries,
      peakMib: usage.maxRSS / 1024,
      requests: stats.total,
      mostPerSecond: stats.mostPerSecond,
    };
  } finally {
    standIn.kill('SIGKILL');
    if (option('keep') === undefined) await rm(folder, { recursive: true, force: true });
    else process.stderr.write(`${folder}\n`);
  }
}

async function runConnector(
  folder: string,
): Promise<{ userCPUTime: number; systemCPUTime: number; maxRSS: number }> {
  const usageFile = join(folder, 'usage.json');
  const child = spawn(
    process.execPath,
    [
      ...SHIPPED.flags,
      ...extraFlags,
      ...['--import', join(ROOT, 'bench', 'report-usage.mjs')],
      ...[MAIN, 'run', '--once', '--config', join(folder, 'connector.yaml')],
    ],
    {
      stdio: ['ignore', process.env.BENCH_OUT ? 'inherit' : 'ignore', 'inherit'],
      cwd: folder,
      env: { ...process.env, ...SHIPPED.env, USAGE_FILE: usageFile },
    },
  );
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`the connector ended with exit code ${code}`);
  return JSON.parse(await readFile(usageFile, 'utf8'));
}

function configOf(url: string, userId: string, pat: string, limit: number | undefined): string {
  return `sources:
  - id: bench
    user_id: ${userId}
    pat: ${pat}
    base_url: ${url}
    start: -91d
    requests_per_second: ${limit ?? 100000}
journal: { path: ./data }
sinks:
  - { id: local, type: file, format: ecs, path: ./out }
server: false
log: { level: warn }
`;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(9) : String(cell).padStart(9))).join(' | ')} |`;
}

console.log(
  `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, Node ${process.version}, flags: ${[...SHIPPED.flags, ...extraFlags].join(' ')}\n`,
);
console.log(
  row(['case', 'entries', 'seconds', 'entries/s', '% of 15k', 'µs CPU/e', 'peak MiB', 'requests', 'most/s']),
);
console.log(row(Array.from({ length: 9 }, () => '---')));
for (const each of cases.filter(({ name }) => only === undefined || name === only)) {
  const result = await measure(each);
  const rate = each.entries / result.seconds;
  const share = each.limit === undefined ? '-' : ((rate / (each.limit * 1000)) * 100).toFixed(1);
  console.log(
    row([
      each.name,
      each.entries,
      result.seconds.toFixed(1),
      Math.round(rate),
      share,
      result.cpuMicrosPerEntry.toFixed(1),
      result.peakMib.toFixed(0),
      result.requests,
      result.mostPerSecond,
    ]),
  );
}
