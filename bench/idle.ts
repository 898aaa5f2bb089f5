import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN, ROOT, readShipped } from '../test/support/shipped.ts';

/*
 * What an idle connector costs with the status server on, as it is shipped: right after it has exported
 * a history, and after a restart. Nothing new happens but a poll a minute; every 15 s the metrics are scraped and the
 * status page is looked at. Needs the built output.
 * Usage: npm run bench:idle [-- --entries 100000 --seconds 180 --node-flags '']
 */

const SHIPPED = readShipped();
const LOOK_EVERY_SECONDS = 15;

function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1]!;
}

const entries = Number(option('entries', '100000'));
const seconds = Number(option('seconds', '180'));
const nodeFlags = option('node-flags', '')
  .split(' ')
  .filter((flag) => flag !== '');

const folder = await mkdtemp(join(tmpdir(), 'siem-export-idle-'));
const children: ChildProcess[] = [];
try {
  await measure();
} finally {
  for (const child of children) await stop(child);
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
    sources: [{ id: 'acme', user_id: userId, pat, base_url: url, start: '-91d', requests_per_second: 15 }],
    sinks: [{ id: 'local', type: 'file', path: './out' }],
    server: { port: 0 },
  };
  const file = join(folder, 'connector.yaml');
  await writeFile(file, JSON.stringify(config));
  await idle(file, `after an export of ${entries} entries`, async (base) => {
    while ((await scrape(base)).records < entries) await sleep(1_000);
  });
  await idle(file, 'after a restart', async () => {});
}

/** Starts the connector, waits until `settled`, and prints what it takes from then on. */
async function idle(file: string, when: string, settled: (base: string) => Promise<void>): Promise<void> {
  const connector = start([...nodeFlags, MAIN, 'run', '--config', file]);
  const base = `http://127.0.0.1:${await portOf(connector.stderr!)}`;
  await settled(base);
  await sleep(30_000);
  const before = await scrape(base);
  const startedMs = performance.now();
  const bytes: number[] = [];
  for (let i = 0; i * LOOK_EVERY_SECONDS < seconds; i++) {
    await sleep(LOOK_EVERY_SECONDS * 1000);
    await (await fetch(base)).text();
    bytes.push((await scrape(base)).residentBytes);
  }
  const after = await scrape(base);
  const share = (after.cpuSeconds - before.cpuSeconds) / ((performance.now() - startedMs) / 1000);
  const mib = (value: number): string => (value / 1024 / 1024).toFixed(0);
  console.log(
    `${when}, ${seconds} s: ${(100 * share).toFixed(2)} % of a core, ` +
      `${mib(Math.min(...bytes))} to ${mib(Math.max(...bytes))} MiB RSS`,
  );
  await stop(connector);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [...SHIPPED.flags, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...SHIPPED.env },
  });
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
