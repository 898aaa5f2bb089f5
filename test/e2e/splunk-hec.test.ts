import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUSY, type HecFault, HecServer } from '../support/hec-server.ts';
import { firstLine, Processes } from './processes.ts';

const ENTRIES = Number(process.env.HEC_ENTRIES ?? 6_000);
/** Waiting for acknowledgement takes its time. */
const TIMEOUT_MS = 120_000 + 3 * ENTRIES;
const FAULTS: readonly HecFault[] = [
  BUSY,
  'lost_reply',
  'page',
  'cut_reply',
  { status: 429, body: { text: 'HEC queue is at capacity', code: 26 } },
  'reset',
  { status: 500, body: 'no JSON' },
];

let folder: string;
let processes: Processes;
let hec: HecServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-hec-'));
  processes = new Processes();
  hec = await HecServer.start();
});

afterEach(async () => {
  await processes.killAll();
  await hec.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the stand-in, and writes a config with the stub and, for comparison, a file. Returns its path. */
async function setUp(more: string): Promise<string> {
  const standIn = processes.start('demo/stand-in-main.ts', [
    ...['--entries', String(ENTRIES), '--days', '20', '--requests-per-second', 'off', '--with-parent'],
  ]);
  standIn.stderr!.resume();
  const { url, userId, pat } = JSON.parse(await firstLine(standIn)) as Record<string, string>;
  const config = join(folder, 'connector.yaml');
  await writeFile(
    config,
    `sources: [{ id: acme, user_id: ${userId}, pat: ${pat}, base_url: "${url}", start: -21d, requests_per_second: 1000 }]
journal: { path: ./data }
sinks:
  - { id: local, type: file, format: raw, path: ./out }
  - { id: splunk, type: splunk_hec, url: "${hec.url}", token: ${hec.behaviour.token}, batch: { max_records: 200 }, ${more} }
server: false
log: { level: error }
`,
  );
  return config;
}

/** Event ids of all lines in the file sink's output. */
async function idsOfFile(): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await readdir(join(folder, 'out', 'acme'))) {
    const text = await readFile(join(folder, 'out', 'acme', name), 'utf8');
    for (const line of text.split('\n')) if (line !== '') ids.push((JSON.parse(line) as { id: string }).id);
  }
  return ids;
}

/** Every entry is held; what is held twice is the same event under the same id. */
async function expectEveryEntry(): Promise<void> {
  const ids = await idsOfFile();
  expect(ids.length).toBe(ENTRIES);
  const byId = new Map<string, string>();
  for (const envelope of hec.held) {
    const id = envelope.fields.event_id!;
    const text = JSON.stringify(envelope);
    expect(byId.get(id) ?? text).toBe(text);
    byId.set(id, text);
  }
  expect([...byId.keys()].sort()).toEqual(ids.sort());
}

/** Runs until the stub holds `count` events, and kills the process there. */
async function killedAt(config: string, count: number): Promise<void> {
  const child = processes.start('main.ts', ['run', '--once', '--config', config]);
  child.stdout!.resume();
  child.stderr!.resume();
  const ended = once(child, 'exit');
  await expect.poll(() => hec.held.length >= count, { timeout: TIMEOUT_MS, interval: 1 }).toBe(true);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
}

describe('an export to Splunk by the real process', () => {
  it.each([
    ['', 'format: ecs, index: audit'],
    [' and acknowledgement', 'format: raw, acknowledge: true, acknowledge_timeout: 10s'],
  ])(
    'fault 65: with faults%s, and killed in the middle: every entry is there, twice only under one event id',
    async (_, more) => {
      hec.behaviour.acknowledges = more.includes('acknowledge');
      hec.behaviour.maxBytes = 150_000;
      const config = await setUp(`max_request_bytes: 200kB, ${more}`);
      const checked = await processes.run(['check', '--config', config]);
      expect(checked.out).toContain('ok    sink splunk');
      expect(hec.held).toEqual([]);
      for (const share of [0.2, 0.5]) {
        hec.faults.push(...FAULTS);
        await killedAt(config, ENTRIES * share);
        hec.restart();
      }
      const last = await processes.run(['run', '--once', '--config', config]);
      expect(last).toMatchObject({ code: 0 });
      await expectEveryEntry();
      const held = hec.held.length;
      expect((await processes.run(['run', '--once', '--config', config])).code).toBe(0);
      expect(hec.held.length).toBe(held);
    },
    120_000,
  );

  it(
    'events that Splunk refuses become dead letters, hold up nobody, and are replayed when that is mended',
    async () => {
      hec.behaviour.judge = ({ event }) => (event.event.outcome === 'failure' ? 6 : 0);
      hec.behaviour.keepsBefore = true;
      const config = await setUp('format: ecs');
      expect(await processes.run(['run', '--once', '--config', config])).toMatchObject({ code: 0 });
      const letters = await readdir(join(folder, 'data', 'deadletters', 'splunk', 'acme'));
      const before = new Set(hec.ids).size;
      expect(letters.length).toBeGreaterThan(0);
      expect(before + letters.length).toBe(ENTRIES);
      hec.behaviour.judge = () => 0;
      const replayed = await processes.run([
        ...[
          'replay',
          '--sink',
          'splunk',
          '--dead-letters',
          '--from',
          '-30d',
          '--to',
          'now',
          '--config',
          config,
        ],
      ]);
      expect(replayed).toMatchObject({ code: 0 });
      await expectEveryEntry();
      expect(await readdir(join(folder, 'data', 'deadletters', 'splunk', 'acme')).catch(() => [])).toEqual(
        [],
      );
    },
    TIMEOUT_MS,
  );

  it(
    'fault 72: a token that is refused ends a single run with exit 4 and a word on what to do; nothing is lost',
    async () => {
      const config = await setUp('format: ocsf');
      const text = await readFile(config, 'utf8');
      await writeFile(
        config,
        `${text.replace(/token: [^,]+,/, 'token: revoked-token-1,')}drain_timeout: 3s\n`,
      );
      const failed = await processes.run(['run', '--once', '--config', config]);
      expect(failed.code).toBe(4);
      expect(failed.err).toContain('check the token of this sink');
      expect(failed.err).not.toContain('revoked-token-1');
      expect((await processes.run(['check', '--config', config])).code).toBe(2);
      await writeFile(config, text);
      expect((await processes.run(['run', '--once', '--config', config])).code).toBe(0);
      await expectEveryEntry();
    },
    TIMEOUT_MS,
  );
});
