import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withIds } from '../../src/collector/classify.ts';
import { createHistory } from '../../src/demo/history.ts';
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts';
import { readEntry } from '../../src/event/answer.ts';
import { Processes } from '../e2e/processes.ts';
import { BUSY, HecServer } from '../support/hec-server.ts';
import { describeWith } from './require.ts';
import { fetchMinio, fetchVersityGw, startMinio, startVersityGw } from './s3.ts';
import { S3Place } from './s3-place.ts';
import {
  fetchElasticsearch,
  fetchOpenSearch,
  type SearchServer,
  startElasticsearch,
  startOpenSearch,
} from './search.ts';

const ENTRIES = Number(process.env.EXPORT_ENTRIES ?? 100_000);
const DAYS = 20;
const DAY_MS = 86_400_000;
const TIMEOUT_MS = 600_000;
const STREAM = 'logs-clarifai.audit-default';
const PAGE = 10_000;

/** The stand-in's faults: every kind of bad answer, and ties that change their order. */
const FAULTS = {
  shuffleTies: true,
  fromExclusive: true,
  answers: {
    throttled: 0.03,
    error_in_200: 0.03,
    server_error: 0.02,
    truncated: 0.02,
    premature_close: 0.02,
    reset: 0.02,
    login_page: 0.01,
    missing_entries: 0.01,
  },
} as const;

const NEEDS = [
  () => fetchElasticsearch('8.19.21'),
  () => fetchElasticsearch('9.5.3'),
  () => fetchOpenSearch('3.8.0'),
  fetchVersityGw,
  fetchMinio,
];

await describeWith('export to all sinks', NEEDS, () => {
  let folder: string;
  let processes: Processes;
  const stops: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'siem-export-all-'));
    processes = new Processes();
  });

  afterEach(async () => {
    await processes.killAll();
    await Promise.allSettled(stops.splice(0).map((stop) => stop()));
    await rm(folder, { recursive: true, force: true });
  });

  async function started<T>(starting: Promise<T>, stop: (server: T) => Promise<unknown>): Promise<T> {
    const server = await starting;
    stops.push(() => stop(server));
    return server;
  }

  async function startSource(): Promise<StandIn> {
    const toMs = Date.now() - 120_000;
    const log = createHistory({
      seed: 1,
      userId: 'acme-corp',
      fromMs: toMs - DAYS * DAY_MS,
      toMs,
      count: ENTRIES,
    });
    const standIn = startStandIn({
      log,
      userId: 'acme-corp',
      pat: 'pat',
      requestsPerSecond: 'off',
      gzip: true,
      seed: 1,
      faults: FAULTS,
    });
    return await started(standIn, (server) => server.close());
  }

  /** Runs until the stub holds `count` events, and kills the process there. */
  async function killedAt(config: string, hec: HecServer, count: number): Promise<void> {
    const child = processes.start('main.ts', ['run', '--once', '--config', config]);
    child.stdout!.resume();
    child.stderr!.resume();
    const ended = once(child, 'exit');
    await expect.poll(() => hec.held.length >= count, { timeout: TIMEOUT_MS, interval: 5 }).toBe(true);
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
  }

  it(
    `${ENTRIES} entries, with faults of the service and kill -9 in the middle, are in each place once`,
    async () => {
      const stop = (server: { stop(): Promise<void> }) => server.stop();
      const search = {
        es8: await started(startElasticsearch({ version: '8.19.21' }), stop),
        es9: await started(startElasticsearch({ version: '9.5.3' }), stop),
        os: await started(startOpenSearch({ version: '3.8.0' }), stop),
      };
      const s3 = {
        versitygw: await started(startVersityGw(), stop),
        minio: await started(startMinio(), stop),
      };
      const hec = await started(HecServer.start(), (server) => server.close());
      const source = await startSource();
      const places = {
        versitygw: await S3Place.make(s3.versitygw, 'audit'),
        minio: await S3Place.make(s3.minio, 'audit'),
      };
      const bucket = ({ url, accessKeyId, secretAccessKey }: (typeof s3)['minio']) =>
        `bucket: audit, endpoint: "${url}", force_path_style: true, access_key_id: ${accessKeyId}, ` +
        `secret_access_key: ${secretAccessKey}, roll: { max_bytes: 1MiB, max_age: 1h }`;
      const config = join(folder, 'connector.yaml');
      await writeFile(
        config,
        `sources: [{ id: acme, user_id: acme-corp, pat: pat, base_url: "${source.url}", start: -21d, requests_per_second: 1000 }]
journal: { path: ./data }
sinks:
  - { id: local, type: file, format: raw, path: ./out }
  - { id: es8, type: elasticsearch, nodes: ["${search.es8.url}"] }
  - { id: es9, type: elasticsearch, nodes: ["${search.es9.url}"] }
  - { id: os, type: opensearch, nodes: ["${search.os.url}"] }
  - { id: versitygw, type: s3, format: ecs, ${bucket(s3.versitygw)} }
  - { id: minio, type: s3, format: ocsf, prefix: clarifai/, ${bucket(s3.minio)} }
  - { id: splunk, type: splunk_hec, url: "${hec.url}", token: ${hec.behaviour.token} }
server: false
log: { level: error }
drain_timeout: 8m
`,
      );
      expect(await processes.run(['setup', '--config', config])).toMatchObject({ code: 0 });
      const checked = await processes.run(['check', '--config', config]);
      expect(checked).toMatchObject({ code: 0 });
      for (const share of [0.2, 0.6]) {
        hec.faults.push(BUSY, 'lost_reply', 'reset');
        await killedAt(config, hec, ENTRIES * share);
      }
      expect(await processes.run(['run', '--once', '--config', config])).toMatchObject({ code: 0 });

      const truth = withIds([...source.truth()].map((bytes) => readEntry(Buffer.from(bytes))))
        .map(({ id }) => id)
        .sort();
      expect(truth).toHaveLength(ENTRIES);
      const same = (name: string, ids: readonly string[]) => {
        expect(`${name}: ${ids.length}`).toBe(`${name}: ${truth.length}`);
        expect([...ids].sort().join() === truth.join(), name).toBe(true);
      };
      same('file', await idsOfFiles(join(folder, 'out', 'acme')));
      for (const [name, server] of Object.entries(search)) same(name, await idsOfStream(server));
      same(
        'versitygw',
        idsOf(await places.versitygw.allLines(), (line) => line.event.id),
      );
      same(
        'minio',
        idsOf(await places.minio.allLines(), (line) => line.metadata.uid),
      );
      same('HEC', [...new Set(hec.ids)]);
    },
    TIMEOUT_MS * 2,
  );
});

// biome-ignore lint/suspicious/noExplicitAny: records of several formats, read by their paths
type Line = any;

function idsOf(lines: readonly string[], idOf: (line: Line) => string): string[] {
  return lines.map((line) => idOf(JSON.parse(line)));
}

async function idsOfFiles(path: string): Promise<string[]> {
  const ids: string[] = [];
  for (const name of await readdir(path)) {
    const lines = (await readFile(join(path, name), 'utf8')).split('\n').filter((line) => line !== '');
    ids.push(...idsOf(lines, ({ id }) => id));
  }
  return ids;
}

/** Ids of all documents of the stream; an id in two backing indexes twice. */
async function idsOfStream(server: SearchServer): Promise<string[]> {
  await server.call('POST', `/${STREAM}/_refresh`);
  const ids: string[] = [];
  let after: unknown;
  for (;;) {
    const { status, text, json } = await server.call('POST', `/${STREAM}/_search`, {
      size: PAGE,
      _source: false,
      sort: [{ 'event.id': 'asc' }],
      ...(after === undefined ? {} : { search_after: after }),
    });
    if (status !== 200) throw new Error(text);
    const hits = json.hits.hits as { _id: string; sort: unknown }[];
    for (const { _id } of hits) ids.push(_id);
    if (hits.length < PAGE) return ids;
    after = hits.at(-1)!.sort;
  }
}
