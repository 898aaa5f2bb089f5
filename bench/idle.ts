import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * What an idle connector costs with the status server on: a history is exported first, then nothing new happens but
 * a poll a minute, a scrape every 15 s and a look at the status page every 15 s. Needs the built output.
 * Usage: npm run bench:idle [-- --entries 100000 --seconds 180]
 */

const ROOT = join(import.meta.dirname, '..');
const FLAGS = ['--max-semi-space-size=4', '--disable-warning=ExperimentalWarning'];
const LOOK_EVERY_SECONDS = 15;

function option(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const entries = option('entries', 100_000);
const seconds = option('seconds', 180);

const folder = await mkdtemp(join(tmpdir(), 'siem-export-idle-'));
const children: ChildProcess[] = [];
try {
  await measure();
} finally {
  for (const child of children) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const standIn = start([
    join(ROOT, 'src', 'demo', 'stand-in-main.ts'),
    '--entries',
    String(entries),
    '--requests-per-second',
    'off',
  ]);
  const { url, userId, pat } = JSON.parse(await firstLine(standIn.stdout!)) as Record<string, string>;
  const config = {
    sources: [{ id: 'acme', user_id: userId, pat, base_url: url, start: '-91d', requests_per_second: 200 }],
    sinks: [{ id: 'local', type: 'file', path: './out' }],
    server: { port: 0 },
  };
  const file = join(folder, 'connector.yaml');
  await writeFile(file, JSON.stringify(config));
  const connector = start([join(ROOT, 'dist', 'main.js'), 'run', '--config', file]);
  const port = await portOf(connector.stderr!);
  const base = `http://127.0.0.1:${port}`;
  while ((await scrape(base)).records < entries) await sleep(1_000);
  await sleep(30_000);
  const before = await scrape(base);
  const startedMs = performance.now();
  let mostBytes = 0;
  for (let i = 0; i * LOOK_EVERY_SECONDS < seconds; i++) {
    await sleep(LOOK_EVERY_SECONDS * 1000);
    await (await fetch(base)).text();
    mostBytes = Math.max(mostBytes, (await scrape(base)).residentBytes);
  }
  const after = await scrape(base);
  const share = (after.cpuSeconds - before.cpuSeconds) / ((performance.now() - startedMs) / 1000);
  console.log(
    `idle after ${entries} entries, ${seconds} s: ${(100 * share).toFixed(2)} % of a core, ` +
      `${(mostBytes / 1024 / 1024).toFixed(0)} MiB RSS at most`,
  );
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...FLAGS, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [line] = (await once(createInterface({ input: stream }), 'line')) as [string];
  return line;
}

async function portOf(log: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface({ input: log })) {
    const { port } = JSON.parse(line) as { port?: number };
    if (port !== undefined) {
      log.resume();
      return port;
    }
  }
  throw new Error('the connector ended before it listened');
}

async function scrape(base: string): Promise<{ records: number; cpuSeconds: number; residentBytes: number }> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const value = (series: string): number => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  };
  return {
    records: value('clarifai_siem_sink_records_total{sink="local",source="acme",outcome="stored"}'),
    cpuSeconds: value('process_cpu_seconds_total'),
    residentBytes: value('process_resident_memory_bytes'),
  };
}
