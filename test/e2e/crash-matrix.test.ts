import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstLine, Processes } from './processes.ts';

/** Of the calls that change the disk, how many are tried with each fault. Default a sample. */
const SHARE = Number(process.env.CRASH_SHARE ?? 0.012);
const ENTRIES = 120;
const FAULTS = ['kill-before', 'kill-half', 'kill-after', 'EIO', 'ENOSPC', 'EROFS', 'short'];
const PRELOAD = join(import.meta.dirname, 'fault-at.mjs');

let folder: string;
let processes: Processes;
let source: Record<string, string>;
let reference: string[];
let calls = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-matrix-'));
  processes = new Processes();
  const standIn = processes.start('demo/stand-in-main.ts', [
    ...['--entries', String(ENTRIES), '--days', '2', '--requests-per-second', 'off', '--with-parent'],
  ]);
  standIn.stderr!.resume();
  source = JSON.parse(await firstLine(standIn)) as Record<string, string>;
  const count = join(folder, 'count');
  const config = await newConfig('reference');
  const { code } = await run(config, { FAULT_COUNT: count });
  expect(code).toBe(0);
  calls = Number(await readFile(count, 'utf8'));
  reference = await shipped('reference');
}, 120_000);

afterAll(async () => {
  await processes.killAll();
  await rm(folder, { recursive: true, force: true });
});

async function newConfig(name: string): Promise<string> {
  const config = join(folder, `${name}.yaml`);
  const { userId, pat, url } = source;
  await writeFile(
    config,
    `sources: [{ id: acme, user_id: ${userId}, pat: ${pat}, base_url: "${url}", start: -3d, requests_per_second: 1000 }]
journal: { path: ./${name}/data }
sinks: [{ id: local, type: file, format: raw, path: ./${name}/out, batch: { max_records: 40 } }]
drain_timeout: 3s
server: false
log: { level: error }
`,
  );
  return config;
}

function run(config: string, env: Record<string, string>): Promise<{ code: number | null; err: string }> {
  const preloaded = { ...env, NODE_OPTIONS: `--import ${PRELOAD}` };
  return processes.run(['run', '--once', '--config', config], '', preloaded);
}

/** Event ids of all lines in the output, sorted. A line that is no JSON throws. */
async function shipped(name: string): Promise<string[]> {
  const out = join(folder, name, 'out', 'acme');
  const ids: string[] = [];
  for (const file of await readdir(out)) {
    const text = await readFile(join(out, file), 'utf8');
    for (const line of text.split('\n')) if (line !== '') ids.push((JSON.parse(line) as { id: string }).id);
  }
  return ids.sort();
}

/**
 * One run with a fault at one call, and one without: then everything is there once. False when the process ended
 * before that call: how many there are varies a little.
 */
async function survives(at: number, kind: string): Promise<boolean> {
  const name = `${kind}-${at}`;
  const config = await newConfig(name);
  const first = await run(config, { FAULT_AT: String(at), FAULT_KIND: kind });
  const second = await run(config, {});
  expect(second, name).toMatchObject({ code: 0 });
  expect(await shipped(name), name).toEqual(reference);
  const verified = await processes.run(['verify', '--config', config]);
  expect(verified, name).toMatchObject({ code: 0 });
  expect(verified.out, name).toContain(`acme: ok, ${reference.length} entries in`);
  await rm(join(folder, name), { recursive: true });
  return !kind.startsWith('kill') || first.code === null;
}

describe('crash matrix of the real process', () => {
  for (const kind of FAULTS) {
    it(`fault 77: ${kind} at the calls that change the disk: everything once after the next run`, {
      timeout: 1_800_000,
    }, async () => {
      expect(reference.length).toBe(ENTRIES);
      expect(calls).toBeGreaterThan(20);
      const stride = Math.max(1, Math.round(1 / SHARE));
      const first = 1 + ((FAULTS.indexOf(kind) * 3) % stride);
      const places = Array.from({ length: calls }, (_, i) => i + 1)
        .slice(0, -5)
        .filter((n) => n % stride === first % stride);
      const met: boolean[] = [];
      for (let i = 0; i < places.length; i += 2) {
        met.push(...(await Promise.all(places.slice(i, i + 2).map((at) => survives(at, kind)))));
      }
      expect(met.filter(Boolean).length).toBeGreaterThanOrEqual(Math.floor(places.length * 0.8));
    });
  }
});
