import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prng } from '../support/prng.ts';
import { firstLine, Processes } from './processes.ts';

const ENTRIES = Number(process.env.KILL_ENTRIES ?? 60_000);
const KILLS = Number(process.env.KILLS ?? 6);
const SEED = Number(process.env.KILL_SEED ?? 1);

let folder: string;
let processes: Processes;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-kill-'));
  processes = new Processes();
});

afterEach(async () => {
  await processes.killAll();
  await rm(folder, { recursive: true, force: true });
});

async function segments(): Promise<number> {
  return (await readdir(join(folder, 'data', 'acme', 'segments')).catch(() => [])).length;
}

/** Event ids of all lines in the output, in the order of the files. */
async function shippedIds(): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await readdir(join(folder, 'out', 'acme'))) {
    const lines = createInterface({ input: createReadStream(join(folder, 'out', 'acme', name)) });
    for await (const line of lines) ids.push((JSON.parse(line) as { id: string }).id);
  }
  return ids;
}

describe('kill -9', () => {
  it(`at ${KILLS} random moments of a backfill of ${ENTRIES} entries: file and journal hold each once`, async () => {
    const random = prng(SEED);
    const standIn = processes.start('demo/stand-in-main.ts', [
      ...['--entries', String(ENTRIES), '--days', '60', '--requests-per-second', 'off', '--with-parent'],
    ]);
    standIn.stderr!.resume();
    const { url, userId, pat } = JSON.parse(await firstLine(standIn)) as Record<string, string>;
    const config = join(folder, 'connector.yaml');
    await writeFile(
      config,
      `sources: [{ id: acme, user_id: ${userId}, pat: ${pat}, base_url: "${url}", start: -61d, requests_per_second: 1000 }]
journal: { path: ./data }
sinks: [{ id: local, type: file, format: raw, path: ./out }]
server: false
log: { level: warn }
`,
    );
    const before: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = processes.start('main.ts', ['run', '--once', '--config', config]);
      child.stdout!.resume();
      child.stderr!.resume();
      const ended = once(child, 'exit');
      const had = await segments();
      // Some progress, then a moment of chance: in reading, in a put, in a write of the file, in a start.
      for (let tries = 0; tries < 400 && (await segments()) === had && child.exitCode === null; tries++)
        await sleep(10);
      await sleep(random() * 150);
      expect(child.exitCode, 'the backfill ended before all kills: give it more entries').toBeNull();
      child.kill('SIGKILL');
      await ended;
      before.push(await segments());
    }
    expect(Math.min(...before)).toBeGreaterThan(0);
    const last = await processes.run(['run', '--once', '--config', config]);
    expect(last).toMatchObject({ code: 0, err: '' });
    const verified = await processes.run(['verify', '--config', config]);
    expect(verified.code).toBe(0);
    expect(verified.out).toContain(`acme: ok, ${ENTRIES} entries in`);
    const ids = await shippedIds();
    expect(ids.length).toBe(ENTRIES);
    expect(new Set(ids).size).toBe(ENTRIES);
    const again = await processes.run(['run', '--once', '--reconcile', '--config', config]);
    expect(again.code).toBe(0);
    expect((await shippedIds()).length).toBe(ENTRIES);
  }, 600_000);
});
