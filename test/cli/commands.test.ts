import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHistory } from '../../src/demo/history.ts';
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts';
import { Processes } from '../e2e/processes.ts';

const DAY_MS = 86_400_000;
const PAT = 'canary-pat-7d41';

let folder: string;
let standIn: StandIn;
const processes = new Processes();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siem-export-cli-'));
  const toMs = Date.now() - 120_000;
  const log = createHistory({ seed: 1, userId: 'acme-corp', fromMs: toMs - 40 * DAY_MS, toMs, count: 3_000 });
  standIn = await startStandIn({ log, userId: 'acme-corp', pat: PAT, requestsPerSecond: 'off' });
  await writeFile(join(folder, 'pat'), `${PAT}\n`);
  await writeConfig('c.yaml', {});
});

afterAll(async () => {
  await processes.killAll();
  await standIn.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeConfig(name: string, source: object): Promise<void> {
  const base = { id: 'acme', user_id: 'acme-corp', pat_file: 'pat', base_url: standIn.url, start: '-20d' };
  const config = {
    sources: [{ ...base, requests_per_second: 100, ...source }],
    sinks: [{ id: 'local', type: 'file', path: './out' }],
    server: { port: 0 },
  };
  await writeFile(join(folder, name), JSON.stringify(config));
}

async function cli(
  args: readonly string[],
  input = '',
): Promise<{ code: number | null; out: string; err: string }> {
  const config =
    args[0] === 'convert' || args.includes('--config') ? [] : ['--config', join(folder, 'c.yaml')];
  const result = await processes.run([...args, ...config], input);
  expect(result.out + result.err).not.toContain(PAT);
  return result;
}

/** Lines in the output folder. */
async function lines(): Promise<string[]> {
  const all: string[] = [];
  for (const name of await readdir(join(folder, 'out', 'acme'))) {
    const text = await readFile(join(folder, 'out', 'acme', name), 'utf8');
    all.push(...text.split('\n').filter((line) => line !== ''));
  }
  return all;
}

describe('commands', { timeout: 120_000 }, () => {
  it('check tries everything and leaves nothing', async () => {
    const { code, out } = await cli(['check']);
    expect(code).toBe(0);
    expect(out.match(/^ok/gm)).toHaveLength(4);
    expect(out).toMatch(/^bounds by +microseconds/m);
    const json = await cli(['check', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: true,
      exit_code: 0,
      checks: [
        { name: 'config' },
        { name: 'journal' },
        { name: 'source acme' },
        { name: 'sink local', ok: true },
      ],
      sources: [
        {
          source: 'acme',
          throttled: 0,
          page_size: { asked: 1_000, given: 1_000 },
          bounds: { precision: 'microseconds' },
        },
      ],
    });
    expect(await readdir(folder)).not.toContain('data');
    expect(await readdir(folder)).not.toContain('out');
  });

  it('run --once exports history, verify and status agree, a second run adds nothing', async () => {
    expect(await cli(['run', '--once'])).toMatchObject({ code: 0 });
    const first = await lines();
    expect(first.length).toBeGreaterThan(1_000);
    expect((await cli(['verify'])).out).toContain(`acme: ok, ${first.length} entries`);
    const status = JSON.parse((await cli(['status', '--json'])).out);
    expect(status.sources[0]).toMatchObject({ source: 'acme', journal: { uncovered: [] } });
    expect(status.sources[0].sinks).toMatchObject([{ sink: 'local', lag_segments: 0, dead_letters: 0 }]);
    expect(await cli(['run', '--once', '--reconcile'])).toMatchObject({ code: 0 });
    expect(await lines()).toHaveLength(first.length);
  });

  it('backfill adds a span once; reconcile finds nothing missing; replay sends again', async () => {
    const before = (await lines()).length;
    const span = ['--from', '-40d', '--to', '-20d'];
    expect((await cli(['backfill', ...span])).code).toBe(0);
    const after = (await lines()).length;
    expect(after).toBeGreaterThan(before);
    expect((await cli(['backfill', ...span])).out).toContain('0 added');
    expect(await cli(['reconcile', ...span])).toMatchObject({ code: 0 });
    const replayed = await cli(['replay', '--sink', 'local', '--from', '-3d', '--to', '-2d']);
    const sent = Number(/(\d+) records sent/.exec(replayed.out)?.[1]);
    expect(sent).toBeGreaterThan(0);
    expect(await lines()).toHaveLength(after + sent);
  });

  it('hands work to the process that holds the journal, and SIGTERM ends that one cleanly', async () => {
    const running = processes.start('main.ts', ['run', '--config', join(folder, 'c.yaml')]);
    let log = '';
    running.stderr!.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8');
    });
    running.stdout!.resume();
    while (!log.includes('"running"')) await sleep(50);
    const port = Number(/"port":(\d+)/.exec(log)?.[1]);
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/livez`, { method: 'POST' })).status).toBe(405);
    const result = await cli(['reconcile', '--from', '-10d', '--to', '-5d']);
    expect(result).toMatchObject({ code: 0 });
    expect(result.out).toContain('nothing was missing');
    const toldMs = performance.now();
    running.kill('SIGTERM');
    const [code] = await once(running, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(10_000);
    expect(log).not.toContain(PAT);
  });

  it('exits 3 when Clarifai refuses the PAT at the start, and says what to check', async () => {
    standIn.faults = { patRevoked: true };
    const run = await cli(['run', '--once']);
    expect(run.code).toBe(3);
    expect(run.err).toContain('Check the PAT of source "acme"');
    expect((await cli(['check'])).code).toBe(3);
    const told = JSON.parse((await cli(['check', '--json'])).out);
    expect(told).toMatchObject({ ok: false, exit_code: 3, sources: [] });
    expect(told.checks[2]).toMatchObject({ name: 'source acme', ok: false, code: 'source.refused.pat' });
    standIn.faults = {};
  });

  it('exits 2 for a changed source under an old id, a wrong config, a wrong command line', async () => {
    await writeConfig('changed.yaml', { filter: { success: true } });
    const changed = await cli(['run', '--once', '--config', join(folder, 'changed.yaml')]);
    expect(changed.code).toBe(2);
    expect(changed.err).toContain('Use a new source id');
    await writeConfig('wrong.yaml', { settel: '30s' });
    const wrong = await cli(['run', '--config', join(folder, 'wrong.yaml')]);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('sources[0].settel is no known key: did you mean settle?');
    expect((await cli(['replay', '--sink', 'none', '--from', '-2d', '--to', '-1d'])).code).toBe(2);
    expect((await cli(['backfill', '--from', '-1d', '--to', '-2d'])).code).toBe(2);
    expect((await cli(['verify', '--what'])).code).toBe(2);
  });

  it('exits 6 on a damaged journal, changes nothing, and repair mends it', async () => {
    const key = join(folder, 'data', 'acme', 'segments', '000000000003.ndjson.gz');
    const whole = await readFile(key);
    const broken = Buffer.from(whole);
    broken.fill(0, 300, 340);
    await writeFile(key, broken);
    const verified = await cli(['verify']);
    expect(verified.code).toBe(6);
    expect(verified.out).toContain('acme/segments/000000000003.ndjson.gz');
    expect(await readFile(key)).toEqual(broken);
    expect((await cli(['repair'])).code).toBe(0);
    const ids = new Set((await lines()).map((line) => JSON.parse(line).event.id));
    expect(await cli(['run', '--once'])).toMatchObject({ code: 0 });
    expect((await cli(['verify'])).code).toBe(0);
    expect(new Set((await lines()).map((line) => JSON.parse(line).event.id))).toEqual(ids);
  });

  it('convert reads entries, answers over many lines and journal segments', async () => {
    const [entry, other] = [...standIn.truth()]
      .slice(0, 2)
      .map((bytes) => Buffer.from(bytes).toString('utf8'));
    const ndjson = await cli(['convert', '--format', 'ecs'], `${entry}\n${other}\n`);
    expect(ndjson.code).toBe(0);
    expect(ndjson.out.trim().split('\n')).toHaveLength(2);
    const answer = JSON.stringify(
      { status: { code: 10000 }, entries: [JSON.parse(entry!), JSON.parse(other!)] },
      null,
      2,
    );
    const whole = await cli(['convert', '--format', 'raw'], answer);
    expect(whole.out.trim().split('\n')).toHaveLength(2);
    const explained = await cli(['convert', '--format', 'ocsf', '--explain'], entry);
    expect(explained.out).toContain('FIELD OF THE ENTRY');
    expect((await cli(['convert', '--format', 'ecs'], 'no json')).code).toBe(2);
    expect(
      (await cli(['convert', '--format', 'ecs', '--from-journal'], gzipSync('x').toString('latin1'))).code,
    ).not.toBe(0);
  });

  it('--help tells the commands and exit codes', async () => {
    const { code, out } = await processes.run(['--help']);
    expect(code).toBe(0);
    for (const word of [
      'run',
      'backfill',
      'reconcile',
      'replay',
      'verify',
      'repair',
      'status',
      'check',
      'convert',
      'Exit codes',
    ]) {
      expect(out).toContain(word);
    }
  });
});
