import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { firstLine, Processes } from './processes.ts';

const ENTRIES = 6_000;
const WITHIN = { timeout: 20_000, interval: 20 };

let folder: string;
let config: string;
let processes: Processes;
let api: { url: string; userId: string; pat: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-reload-'));
  config = join(folder, 'connector.yaml');
  processes = new Processes();
});

afterEach(async () => {
  await processes.killAll();
  await rm(folder, { recursive: true, force: true });
});

async function startApi(latencyMs: number): Promise<void> {
  const standIn = processes.start('demo/stand-in-main.ts', [
    ...['--entries', String(ENTRIES), '--days', '20', '--requests-per-second', 'off', '--with-parent'],
    ...['--latency-ms', String(latencyMs)],
  ]);
  standIn.stderr!.resume();
  api = JSON.parse(await firstLine(standIn));
}

interface Options {
  readonly sinks?: readonly string[];
  readonly userId?: string;
  readonly pat?: string;
  readonly data?: string;
  readonly more?: string;
}

async function configure({
  sinks = ['a'],
  userId,
  pat,
  data,
  more = 'server: false',
}: Options = {}): Promise<void> {
  const lines = sinks
    .map(
      (id) => `  - { id: ${id}, type: file, format: raw, path: ./out-${id}, batch: { max_wait: 100ms } }\n`,
    )
    .join('');
  await writeFile(
    config,
    `sources: [{ id: acme, user_id: ${userId ?? api.userId}, pat: ${pat ?? api.pat}, base_url: "${api.url}", start: -21d, page_size: 200, requests_per_second: 1000, schedule: "* * * * * *" }]
journal: { path: ./${data ?? 'data'} }
sinks:
${lines}${more}
`,
  );
}

/** A line of the log. */
interface Line {
  readonly msg: string;
  readonly level: string;
  readonly port?: number;
  readonly err?: { readonly code: string; readonly message: string };
}

/** Starts `run`; the lines of its log come in as they are written. */
function run(): {
  child: ChildProcess;
  log: Line[];
  told: (message: string) => Promise<Line>;
} {
  const child = processes.start('main.ts', ['run', '--config', config]);
  child.stdout!.resume();
  const log: Line[] = [];
  createInterface({ input: child.stderr! }).on('line', (line) => log.push(JSON.parse(line)));
  let seen = 0;
  const told = async (message: string): Promise<Line> =>
    await vi.waitFor(() => {
      expect(child.exitCode).toBeNull();
      const at = log.findIndex(({ msg }, i) => i >= seen && msg.startsWith(message));
      expect(at, message).toBeGreaterThanOrEqual(0);
      seen = at + 1;
      return log[at]!;
    }, WITHIN);
  return { child, log, told };
}

async function idsOf(sink: string): Promise<string[]> {
  const path = join(folder, `out-${sink}`, 'acme');
  const names = await readdir(path).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).id as string),
  );
}

async function expectEachOnce(sink: string): Promise<void> {
  await vi.waitFor(async () => expect((await idsOf(sink)).length).toBeGreaterThanOrEqual(ENTRIES), WITHIN);
  const ids = await idsOf(sink);
  expect([ids.length, new Set(ids).size]).toEqual([ENTRIES, ENTRIES]);
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}

describe('SIGHUP', () => {
  it('makes valid changes take effect, and loses and repeats nothing', async () => {
    await startApi(0);
    await configure();
    const { child, told, log } = run();
    await told('poll');
    await expectEachOnce('a');
    await configure({ sinks: ['a', 'b'], more: 'server: { port: 0 }\nlog: { level: debug }' });
    child.kill('SIGHUP');
    await told('the config was read again');
    expect(await told('running')).toMatchObject({ sources: 1, sinks: 2 });
    const { port } = log.find(({ msg }) => msg === 'status server listens')!;
    await expectEachOnce('b');
    await configure({ sinks: ['b', 'c'], more: 'server: { port: 0 }' });
    child.kill('SIGHUP');
    await told('running');
    await expectEachOnce('c');
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/^clarifai_siem_sink_lag_segments\{sink="c",source="acme"\} 0$/m);
    expect(metrics).not.toMatch(/^clarifai_siem_sink_lag_segments\{sink="a"/m);
    // Counters go on.
    expect(metrics).toMatch(
      new RegExp(`^clarifai_siem_sink_records_total\\{.*sink="b".*\\} ${ENTRIES}$`, 'm'),
    );
    await expectEachOnce('a');
    await expectEachOnce('b');
    await stop(child);
  }, 120_000);

  it('refuses a wrong config, tells why, and goes on as before', async () => {
    await startApi(0);
    await configure();
    const { child, told } = run();
    await told('poll');
    const refused = async (): Promise<string> => {
      child.kill('SIGHUP');
      const { level, err } = await told('the config was read again and cannot be taken');
      expect(level).toBe('error');
      await told('poll');
      return `${err?.code} ${err?.message}`;
    };
    await configure({ more: 'sever: false' });
    expect(await refused()).toMatch(/^config\.invalid .*sever/s);
    await configure({ data: 'elsewhere' });
    expect(await refused()).toMatch(/^config\.reload journal\.path cannot change/);
    await configure({ userId: 'somebody-else' });
    expect(await refused()).toMatch(/^config\.reload .*use a new source id/);
    await rm(config);
    expect(await refused()).toMatch(/^config\.missing/);
    await expectEachOnce('a');
    await stop(child);
  }, 120_000);

  it('goes on with the config before when the new one cannot be opened', async () => {
    await startApi(0);
    await configure({ more: 'server: { port: 0 }' });
    const { child, told } = run();
    const { port } = await told('status server listens');
    await told('poll');
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const { port: busy } = taken.address() as { port: number };
    await configure({ more: `server: { port: ${busy} }` });
    child.kill('SIGHUP');
    expect((await told('the new config cannot be taken')).err?.code).toBe('server.listen');
    await told('poll');
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    await stop(child);
  }, 120_000);

  it('stays up with a PAT that is refused, and goes on when the right one is back', async () => {
    await startApi(0);
    await configure();
    const { child, told } = run();
    await told('poll');
    await configure({ pat: 'wrong-wrong-wrong' });
    child.kill('SIGHUP');
    await told('refused: polling goes on trying');
    await configure();
    child.kill('SIGHUP');
    await told('running');
    await told('poll');
    await expectEachOnce('a');
    await stop(child);
  }, 120_000);

  it('again and again while history is read and shipped: each entry once', async () => {
    await startApi(30);
    await configure({ sinks: ['a', 'b'] });
    const { child, told, log } = run();
    await told('running');
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 60 + 20 * i));
      await configure({
        sinks: i % 2 === 0 ? ['b', 'a'] : ['a', 'b'],
        more: `server: false\ndrain_timeout: ${i + 1}m`,
      });
      child.kill('SIGHUP');
      // The second is sometimes there before the first is opened.
      if (i % 3 === 0) child.kill('SIGHUP');
    }
    await expectEachOnce('a');
    await expectEachOnce('b');
    expect(log.filter(({ msg }) => msg === 'running').length).toBeGreaterThan(6);
    expect(log.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    await stop(child);
    expect((await processes.run(['verify', '--config', config])).code).toBe(0);
  }, 90_000);
});
