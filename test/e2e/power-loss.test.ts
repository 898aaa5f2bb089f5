import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Unavailable } from '../servers/cache.ts';
import { describeWith } from '../servers/require.ts';
import { prng } from '../support/prng.ts';
import { LossyDisk, needLossyDisks, PowerSwitch } from './lossy-disk.ts';
import { firstLine, Processes } from './processes.ts';

/** Losses in each test, from 20: fewer may all come when nothing is unsynced. Not set: none, each takes seconds. */
const LOSSES = Number(process.env.POWER_LOSSES ?? 0);
const SEED = Number(process.env.POWER_SEED ?? 1);
/** More than can be exported before the last loss. */
const ENTRIES = 6_000 + LOSSES * 800;
/** A loss comes at one of so many calls that change the disk, counted from a start. */
const CALLS = 80;
/** Or up to so much later, while the process goes on. */
const MAX_DELAY_MS = 20;
const KINDS = ['kill-before', 'kill-half', 'kill-after', 'kill-later'];
const DEFAULTS = 'defaults';
/** With the last one a file may be there in its full size, without what was written to it. */
const MOUNTS = [DEFAULTS, 'data=writeback,commit=1', 'data=writeback,nodelalloc,dioread_lock,commit=1'];
const PRELOAD = join(import.meta.dirname, 'fault-at.mjs');

async function needLosses(): Promise<void> {
  if (LOSSES === 0) throw new Unavailable('POWER_LOSSES is not set');
  await needLossyDisks();
}

await describeWith('power loss on ext4', [needLosses], () => {
  let folder: string;
  let processes: Processes;
  let disks: LossyDisk[];
  let power: PowerSwitch | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siem-export-power-'));
    processes = new Processes();
    disks = [];
  });

  afterEach(async () => {
    await processes.killAll();
    await power?.stop();
    for (const disk of disks) await disk.remove();
    await rm(folder, { recursive: true });
  });

  async function newDisk(name: string): Promise<LossyDisk> {
    const disk = await LossyDisk.create(join(folder, name));
    disks.push(disk);
    return disk;
  }

  /** A config of one source, its journal and its output in folders of these disks. */
  async function newConfig(journal: LossyDisk, output: LossyDisk): Promise<string> {
    const standIn = processes.start('demo/stand-in-main.ts', [
      ...['--entries', String(ENTRIES), '--days', '365', '--requests-per-second', 'off', '--with-parent'],
    ]);
    standIn.stderr!.resume();
    const { url, userId, pat } = JSON.parse(await firstLine(standIn)) as Record<string, string>;
    const config = join(folder, 'connector.yaml');
    await writeFile(
      config,
      `sources: [{ id: acme, user_id: ${userId}, pat: ${pat}, base_url: "${url}", start: -366d, requests_per_second: 1000 }]
journal: { path: ${join(journal.folder, 'data')} }
sinks: [{ id: local, type: file, format: raw, path: ${join(output.folder, 'out')}, batch: { max_records: 50 } }]
server: false
log: { level: warn }
`,
    );
    return config;
  }

  /** One run that ends by `fault`. */
  async function runInto(fault: Record<string, string>, config: string): Promise<void> {
    const env = { ...fault, NODE_OPTIONS: `--import ${PRELOAD}` };
    const run = await processes.run(['run', '--once', '--config', config], '', env);
    expect(run.code, 'the export ended before all losses: give it more entries').not.toBe(0);
    expect(run.code, `${JSON.stringify(fault)}: ${run.err}`).toBeNull();
    expect(run.err, JSON.stringify(fault)).not.toContain('"level":"error"');
  }

  /**
   * Runs until one ends with a loss of power; before that others may be killed while the disks go on. Resolves with
   * how many files of the connector the loss took, or a part of them.
   */
  async function losePower(config: string, options: string, random: () => number): Promise<number> {
    const text = `${options} ${random()}`;
    for (const disk of disks) {
      await disk.mount(options);
      await writeSynced(join(disk.folder, 'kept'), text);
    }
    if (random() < 0.5) await runInto(someFault(random), config);
    power = await PowerSwitch.start(join(folder, 'switch'), text, disks);
    await runInto({ ...someFault(random), FAULT_SWITCH: power.pipe }, config);
    await power.done();
    const seen = await sizes(disks);
    for (const disk of disks) {
      await disk.unmount();
      await disk.mount(DEFAULTS);
      expect(await readFile(join(disk.folder, 'kept'), 'utf8')).toBe(text);
      const control = join(disk.folder, 'control');
      expect(await readFile(control, 'utf8').catch(() => '')).not.toBe(text);
      await rm(control, { force: true });
    }
    const left = await sizes(disks);
    for (const disk of disks) await disk.unmount();
    return [...seen].filter(([path, size]) => left.get(path) !== size).length;
  }

  /** After one more run, without a fault: everything there is once, and a run after that changes nothing. */
  async function expectEachOnce(config: string, out: string): Promise<void> {
    for (const disk of disks) await disk.mount(DEFAULTS);
    const last = await processes.run(['run', '--once', '--config', config]);
    expect(last).toMatchObject({ code: 0 });
    const verified = await processes.run(['verify', '--config', config]);
    expect(verified).toMatchObject({ code: 0 });
    expect(verified.out).toContain(`acme: ok, ${ENTRIES} entries in`);
    const ids = await shippedIds(out);
    expect(ids.length).toBe(ENTRIES);
    expect(new Set(ids).size).toBe(ENTRIES);
    const again = await processes.run(['run', '--once', '--reconcile', '--config', config]);
    expect(again).toMatchObject({ code: 0 });
    expect((await shippedIds(out)).length).toBe(ENTRIES);
  }

  // A sync of one file system is no sync of the other: with two, a name that was not synced is not saved by chance.
  for (const layout of ['one disk', 'two disks']) {
    it(
      `journal and output on ${layout}: what was synced is kept, what was not is lost, each entry is there once`,
      async () => {
        const journal = await newDisk('journal');
        const output = layout === 'one disk' ? journal : await newDisk('output');
        const config = await newConfig(journal, output);
        const random = prng(SEED);
        let lost = 0;
        for (let loss = 0; loss < LOSSES; loss++) {
          lost += await losePower(config, MOUNTS[loss % MOUNTS.length]!, random);
        }
        expect(lost).toBeGreaterThan(0);
        await expectEachOnce(config, join(output.folder, 'out', 'acme'));
      },
      60_000 + LOSSES * 20_000,
    );
  }
});

function someFault(random: () => number): Record<string, string> {
  return {
    FAULT_AT: String(1 + Math.floor(random() * CALLS)),
    FAULT_KIND: KINDS[Math.floor(random() * KINDS.length)]!,
    FAULT_DELAY_MS: String(random() * MAX_DELAY_MS),
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  await file.writeFile(text);
  await file.sync();
  await file.close();
}

/** Sizes of the segments, cursors and output files, by path. */
async function sizes(disks: readonly LossyDisk[]): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const disk of disks) {
    for (const entry of await readdir(disk.folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const own = /^(data|out)\/acme\//.test(relative(disk.folder, path));
      if (own && entry.isFile()) found.set(path, (await stat(path)).size);
    }
  }
  return found;
}

/** Event ids of all lines in the output. A line that is no JSON throws. */
async function shippedIds(out: string): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await readdir(out)) {
    const text = await readFile(join(out, name), 'utf8');
    for (const line of text.split('\n')) if (line !== '') ids.push((JSON.parse(line) as { id: string }).id);
  }
  return ids;
}
