import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistory } from '../src/demo/history.ts';
import { startStandIn } from '../src/demo/stand-in.ts';
import { startMinio, startVersityGw } from '../test/servers/s3.ts';
import { S3Place } from '../test/servers/s3-place.ts';
import { startElasticsearch, startOpenSearch } from '../test/servers/search.ts';
import { startToxiproxy } from '../test/servers/toxiproxy.ts';
import { HecServer } from '../test/support/hec-server.ts';
import { MAIN, ROOT, readShipped } from '../test/support/shipped.ts';

/*
 * From a journal that is full into each real server (Splunk: the stub), without and with 50 ms of latency at the sink,
 * and into all of them at once. Needs the built output and the servers of test/servers.
 * Usage: npm run bench:sinks [-- --entries 100000]
 */

const SHIPPED = readShipped();
const ENTRIES = Number(process.argv[process.argv.indexOf('--entries') + 1] ?? Number.NaN) || 100_000;
const LATENCY_MS = 50;
const DAY_MS = 86_400_000;

interface Usage {
  readonly userCPUTime: number;
  readonly systemCPUTime: number;
  readonly maxRSS: number;
}

/** A sink of the config, by the port to go to and a name that no run had before. */
type SinkOf = (port: number, name: string) => string;

const folder = await mkdtemp(join(tmpdir(), 'siem-export-bench-'));
const stops: (() => Promise<unknown>)[] = [];
const config = join(folder, 'connector.yaml');
let source = '';

async function connector(
  command: readonly string[],
  sinks: readonly string[],
): Promise<[seconds: number, Usage]> {
  const lines = sinks.map((sink) => `  - ${sink}\n`).join('');
  await writeFile(
    config,
    `${source}journal: { path: ./data }\nsinks:\n${lines}server: false\nlog: { level: error }\ndrain_timeout: 10m\n`,
  );
  const usage = join(folder, 'usage.json');
  const preload = ['--import', join(ROOT, 'bench', 'report-usage.mjs')];
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [...SHIPPED.flags, ...preload, MAIN, ...command, '--config', config],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...SHIPPED.env, USAGE_FILE: usage } },
  );
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`${command.join(' ')} ended with exit code ${code}`);
  return [(performance.now() - startedMs) / 1000, JSON.parse(await readFile(usage, 'utf8')) as Usage];
}

function tell(name: string, [seconds, usage]: [number, Usage], rest = ''): void {
  const cpu = (usage.userCPUTime + usage.systemCPUTime) / ENTRIES;
  const cells = [
    name,
    seconds.toFixed(1),
    Math.round(ENTRIES / seconds),
    cpu.toFixed(0),
    Math.round(usage.maxRSS / 1024),
    rest,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

try {
  const toMs = Date.now() - 120_000;
  const log = createHistory({ seed: 1, userId: 'u', fromMs: toMs - 20 * DAY_MS, toMs, count: ENTRIES });
  const standIn = await startStandIn({ log, userId: 'u', pat: 'pat', requestsPerSecond: 'off', seed: 1 });
  stops.push(() => standIn.close());
  source = `sources: [{ id: bench, user_id: u, pat: pat, base_url: "${standIn.url}", start: -21d, requests_per_second: 100000 }]\n`;
  const toxiproxy = await startToxiproxy();
  stops.push(() => toxiproxy.stop());
  const targets: [name: string, port: number, sink: SinkOf][] = [];
  for (const start of [
    () => startElasticsearch({ version: '8.19.21' }),
    () => startElasticsearch({ version: '9.5.3' }),
    () => startOpenSearch({ version: '3.8.0' }),
  ]) {
    const server = await start();
    stops.push(() => server.stop());
    const [name, type] = [
      ['Elasticsearch 8.19', 'elasticsearch'],
      ['Elasticsearch 9.5', 'elasticsearch'],
      ['OpenSearch 3.8', 'opensearch'],
    ][targets.length]!;
    const sink: SinkOf = (port, id) =>
      `{ id: ${id}, type: ${type}, nodes: ["http://127.0.0.1:${port}"], namespace: ${id} }`;
    targets.push([name!, server.port, sink]);
  }
  for (const [name, start] of [
    ['versitygw', startVersityGw],
    ['MinIO', startMinio],
  ] as const) {
    const server = await start();
    stops.push(() => server.stop());
    (await S3Place.make(server, 'bench')).close();
    const { accessKeyId, secretAccessKey } = server;
    const sink: SinkOf = (port, id) =>
      `{ id: ${id}, type: s3, format: ecs, bucket: bench, prefix: ${id}/, endpoint: "http://127.0.0.1:${port}", ` +
      `force_path_style: true, access_key_id: ${accessKeyId}, secret_access_key: ${secretAccessKey} }`;
    targets.push([name, server.port, sink]);
  }
  const hec = await HecServer.start();
  stops.push(() => hec.close());
  const hecSink: SinkOf = (port, id) =>
    `{ id: ${id}, type: splunk_hec, url: "http://127.0.0.1:${port}", token: ${hec.behaviour.token} }`;
  targets.push(['Splunk HEC (stub)', Number(new URL(hec.url).port), hecSink]);

  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${ENTRIES} entries\n`);
  console.log('| into | seconds | entries/s | µs CPU an entry | peak MiB | with 50 ms of latency |');
  console.log('|---|---|---|---|---|---|');
  await connector(['run', '--once'], ['{ id: local, type: file, format: raw, path: ./out }']);
  let run = 0;
  for (const [name, port, sink] of targets) {
    const measured: [number, Usage][] = [];
    for (const latency of [0, LATENCY_MS]) {
      const proxy = await toxiproxy.proxy(port);
      if (latency > 0) await proxy.toxic({ type: 'latency', stream: 'downstream', attributes: { latency } });
      const made = sink(Number(new URL(proxy.url).port), `run${++run}`);
      if (!/s3|splunk/.test(made)) await connector(['setup'], [made]);
      measured.push(await connector(['run', '--once'], [made]));
      await proxy.remove();
    }
    const [without, with50] = measured as [[number, Usage], [number, Usage]];
    tell(name, without, `${(((with50[0] - without[0]) / without[0]) * 100).toFixed(0)} % longer`);
  }
  const all = targets.map(([, port, sink]) => sink(port, `run${++run}`));
  await connector(['setup'], all);
  tell('all at once', await connector(['run', '--once'], all));
} finally {
  for (const stop of stops.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
