import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstLine, Processes, ROOT } from './processes.ts';

const ENTRIES = 12_000;

let folder: string;
let processes: Processes;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-operator-'));
  processes = new Processes();
});

afterEach(async () => {
  await processes.killAll();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the stand-in, and writes a config for it. Returns its path and the PAT. */
async function setUp(latencyMs: number): Promise<{ config: string; pat: string }> {
  const standIn = processes.start('demo/stand-in-main.ts', [
    ...['--entries', String(ENTRIES), '--days', '20', '--requests-per-second', 'off', '--with-parent'],
    ...['--latency-ms', String(latencyMs)],
  ]);
  standIn.stderr!.resume();
  const { url, userId, pat } = JSON.parse(await firstLine(standIn)) as Record<string, string>;
  const config = join(folder, 'connector.yaml');
  await writeFile(
    config,
    `sources: [{ id: acme, user_id: ${userId}, pat: ${pat}, base_url: "${url}", start: -21d, page_size: 200, requests_per_second: 1000 }]
journal: { path: ./data }
sinks: [{ id: local, type: file, format: raw, path: ./out }]
server: false
log: { level: debug }
`,
  );
  return { config, pat: pat! };
}

/** Reads files as a forwarder does: what is behind the place it has read to, and never again what is before it. */
class Forwarder {
  readonly #folder: string;
  readonly #read = new Map<string, { at: number; rest: string }>();
  readonly lines: string[] = [];

  constructor(outFolder: string) {
    this.#folder = outFolder;
  }

  async look(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const file = await open(join(this.#folder, name));
      try {
        const seen = this.#read.get(name) ?? { at: 0, rest: '' };
        const { size } = await file.stat();
        expect(size, 'a file that a forwarder has read must not shrink').toBeGreaterThanOrEqual(seen.at);
        const bytes = Buffer.alloc(size - seen.at);
        await file.read(bytes, 0, bytes.length, seen.at);
        const parts = (seen.rest + bytes.toString('latin1')).split('\n');
        this.#read.set(name, { at: size, rest: parts.pop()! });
        this.lines.push(...parts);
      } finally {
        await file.close();
      }
    }
  }
}

/** The PAT as it is, and in forms that it might be hidden in. */
function forms(pat: string): string[] {
  const bytes = Buffer.from(pat);
  const reversed = [...pat].reverse().join('');
  return [
    pat,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    encodeURIComponent(pat),
    reversed,
  ];
}

async function everyFile(): Promise<Buffer[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile() && each.name !== 'connector.yaml');
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const bytes = await readFile(join(parentPath, name));
      return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    }),
  );
}

describe('the process of an operator', () => {
  it('fault 77: a forwarder sees each line once while the process is killed, and stands still, again and again', async () => {
    const { config } = await setUp(20);
    const forwarder = new Forwarder(join(folder, 'out', 'acme'));
    for (let kill = 0; kill < 3; kill++) {
      const child = processes.start('main.ts', ['run', '--once', '--config', config]);
      child.stdout!.resume();
      child.stderr!.resume();
      const ended = once(child, 'exit');
      const before = forwarder.lines.length;
      for (let i = 0; i < 500 && forwarder.lines.length === before && child.exitCode === null; i++) {
        await sleep(10);
        await forwarder.look();
      }
      child.kill('SIGSTOP');
      await sleep(200);
      await forwarder.look();
      child.kill('SIGCONT');
      await sleep(50 * kill);
      await forwarder.look();
      child.kill('SIGKILL');
      await ended;
      await forwarder.look();
    }
    expect(forwarder.lines.length).toBeGreaterThan(0);
    const last = await processes.run(['run', '--once', '--config', config]);
    expect(last.code).toBe(0);
    await forwarder.look();
    const ids = forwarder.lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids.length).toBe(ENTRIES);
    expect(new Set(ids).size).toBe(ENTRIES);
  }, 120_000);

  it('fault 77: SIGTERM under load ends it within 10 s with exit 0, and the next run goes on', async () => {
    const { config } = await setUp(20);
    const child = processes.start('main.ts', ['run', '--config', config]);
    child.stdout!.resume();
    child.stderr!.resume();
    const forwarder = new Forwarder(join(folder, 'out', 'acme'));
    for (let i = 0; i < 500 && forwarder.lines.length === 0; i++) {
      await sleep(10);
      await forwarder.look();
    }
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = (await Promise.race([ended, sleep(10_000, ['still there'])])) as [unknown];
    expect(code).toBe(0);
    expect((await processes.run(['run', '--once', '--config', config])).code).toBe(0);
    await forwarder.look();
    expect(forwarder.lines.length).toBe(ENTRIES);
  }, 120_000);

  it('files that config/files/archive.sh moves away while they are written hold each line once, with what follows', async () => {
    const { config } = await setUp(20);
    const [out, archive] = [join(folder, 'out'), join(folder, 'archive')];
    const moved = async (): Promise<void> => {
      const args = [join(ROOT, 'config', 'files', 'archive.sh'), out, archive, '-1'];
      const child = spawn('sh', args, {
        env: { ...process.env, ARCHIVE_SETTLE_SECONDS: '0.2' },
        stdio: 'inherit',
      });
      expect(await once(child, 'exit')).toEqual([0, null]);
    };
    const linesBelow = async (path: string): Promise<string[]> => {
      const names = await readdir(path, { recursive: true, withFileTypes: true });
      const texts = names
        .filter((each) => each.isFile())
        .map(async ({ parentPath, name }) => {
          const bytes = await readFile(join(parentPath, name));
          return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
            .toString('utf8')
            .split('\n')
            .filter(Boolean);
        });
      return (await Promise.all(texts)).flat();
    };
    const child = processes.start('main.ts', ['run', '--config', config]);
    child.stdout!.resume();
    child.stderr!.resume();
    const files = async (): Promise<string[]> => await readdir(join(out, 'acme')).catch(() => []);
    for (let i = 0; i < 500 && (await files()).length === 0; i++) await sleep(10);
    const pieces = async (): Promise<number> => (await readdir(join(archive, 'acme')).catch(() => [])).length;
    for (let i = 0; i < 60; i++) {
      await moved();
      const all = [...(await linesBelow(archive)), ...(await linesBelow(out))];
      if (all.length >= ENTRIES) break;
    }
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await moved();
    const ids = (await linesBelow(archive)).map((line) => (JSON.parse(line) as { id: string }).id);
    expect(await files()).toEqual([]);
    // More pieces than days: some were moved while they grew.
    expect(await pieces()).toBeGreaterThan(21);
    expect([ids.length, new Set(ids).size]).toEqual([ENTRIES, ENTRIES]);
  }, 120_000);

  it('shows the PAT nowhere: no output, log, error, journal, record or cursor, in no form', async () => {
    const { config, pat } = await setUp(0);
    const texts: string[] = [];
    for (const args of [
      ['check'],
      ['run', '--once'],
      ['status', '--json'],
      ['verify'],
      ['reconcile', '--from', '-1d', '--to', 'now'],
    ]) {
      const { out, err } = await processes.run([...args, '--config', config]);
      texts.push(out, err);
    }
    // An API that refuses it, and one that repeats it.
    const text = await readFile(config, 'utf8');
    const refused = join(folder, 'refused.yaml');
    await writeFile(refused, text.replace(/user_id: \S+,/, 'user_id: nobody,').replace('./data', './other'));
    const failed = await processes.run(['run', '--once', '--config', refused]);
    expect(failed.code).toBe(3);
    await rm(refused);
    texts.push(failed.out, failed.err, ...(await everyFile()).map((bytes) => bytes.toString('latin1')));
    expect(texts.join('').length).toBeGreaterThan(1_000_000);
    for (const form of forms(pat)) {
      expect(texts.some((each) => each.toLowerCase().includes(form.toLowerCase()))).toBe(false);
    }
  }, 120_000);
});
