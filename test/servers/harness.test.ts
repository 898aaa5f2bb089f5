import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SERVERS } from './all.ts';
import { groupRuns, listens } from './process.ts';
import { describeWith } from './require.ts';
import { fetchMinio, fetchVersityGw, type S3Server, startMinio, startVersityGw } from './s3.ts';
import {
  ELASTICSEARCH_VERSIONS,
  fetchElasticsearch,
  fetchOpenSearch,
  OPENSEARCH_VERSIONS,
  type SearchServer,
  startElasticsearch,
  startOpenSearch,
} from './search.ts';
import { sweepWorkFolders } from './work.ts';

/** What servers of this process have written to. */
function workFolders(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`siem-export-servers-${pid}-`));
}

/** Stops it, and expects that nothing of it is left. */
async function expectGone(server: S3Server | SearchServer): Promise<void> {
  const { pid, port } = server;
  expect(groupRuns(pid)).toBe(true);
  await server.stop();
  await server.stop();
  expect(groupRuns(pid)).toBe(false);
  expect(await listens(port)).toBe(false);
  expect(workFolders(process.pid)).toEqual([]);
}

for (const { name, fetch, start } of [
  { name: 'versitygw', fetch: fetchVersityGw, start: startVersityGw },
  { name: 'minio', fetch: fetchMinio, start: startMinio },
]) {
  await describeWith(name, [fetch], () => {
    let server: S3Server;
    let client: S3Client;
    const object = { Bucket: 'audit', Key: 'acme/000000000000.ndjson' };

    beforeAll(async () => {
      server = await start();
      const { url: endpoint, region, accessKeyId, secretAccessKey } = server;
      const credentials = { accessKeyId, secretAccessKey };
      client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    });
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
    });

    const read = async (): Promise<string | undefined> =>
      await (await client.send(new GetObjectCommand(object))).Body?.transformToString();

    it('keeps what it took through kill -9 and a restart on the same port', async () => {
      await client.send(new CreateBucketCommand({ Bucket: object.Bucket }));
      await client.send(new PutObjectCommand({ ...object, Body: 'one\n' }));
      const { pid } = server;
      await server.kill();
      expect(groupRuns(pid)).toBe(false);
      expect(await listens(server.port)).toBe(false);
      await server.restart();
      expect(server.pid).not.toBe(pid);
      expect(await read()).toBe('one\n');
    });

    it('keeps what it took through an orderly restart', async () => {
      await client.send(new PutObjectCommand({ ...object, Body: 'two\n' }));
      await server.restart();
      expect(await read()).toBe('two\n');
    });

    it('leaves no process, port or folder when it stops', async () => await expectGone(server));
  });
}

for (const { name, fetch, start } of [
  ...ELASTICSEARCH_VERSIONS.map((version) => ({
    name: `elasticsearch ${version}`,
    fetch: () => fetchElasticsearch(version),
    start: () => startElasticsearch({ version }),
  })),
  ...OPENSEARCH_VERSIONS.map((version) => ({
    name: `opensearch ${version}`,
    fetch: () => fetchOpenSearch(version),
    start: () => startOpenSearch({ version }),
  })),
]) {
  await describeWith(name, [fetch], () => {
    let server: SearchServer;

    beforeAll(async () => {
      server = await start();
    });
    afterAll(async () => await server?.stop());

    it('keeps what it took through kill -9, and takes new settings with a restart', async () => {
      const put = await server.call('PUT', '/audit/_create/1', { action: 'model-create' });
      expect(put.status).toBe(201);
      const { pid } = server;
      await server.kill();
      expect(groupRuns(pid)).toBe(false);
      expect(await listens(server.port)).toBe(false);
      await server.restart({ 'http.max_content_length': '1kb' });
      const got = await server.call('GET', '/audit/_doc/1');
      expect(got.json._source).toEqual({ action: 'model-create' });
      expect((await server.call('PUT', '/audit/_create/1', {})).status).toBe(409);
      const large = { action: 'x'.repeat(2000) };
      expect((await server.call('PUT', '/audit/_create/2', large)).status).toBe(413);
    });

    it('leaves no process, port or folder when it stops', async () => await expectGone(server));
  });
}

await describeWith('elasticsearch with a user and TLS', [() => fetchElasticsearch('9.5.3')], () => {
  let server: SearchServer;
  const security = { username: 'ann', password: 'a long password' };

  beforeAll(async () => {
    server = await startElasticsearch({ version: '9.5.3', security, tls: true });
  });
  afterAll(async () => await server?.stop());

  it('serves its user, and nobody else', async () => {
    expect((await server.call('GET', '/_cluster/health')).status).toBe(200);
    const agent = new Agent({ connect: { ca: readFileSync(server.caFile!, 'utf8') } });
    const anonymous = await request(new URL('/_cluster/health', server.url), { dispatcher: agent });
    expect(anonymous.statusCode).toBe(401);
    await agent.destroy();
    await expect(request(new URL('/_cluster/health', server.url))).rejects.toThrow(/certificate/);
  });
});

await describeWith(
  'a test process that is killed',
  SERVERS.map(({ fetch }) => fetch),
  () => {
    let child: ChildProcess | undefined;
    afterAll(() => child?.kill('SIGKILL'));

    it('leaves no server running; the next one deletes its folders', async () => {
      const main = join(import.meta.dirname, 'orphan-main.ts');
      child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
      const servers = JSON.parse(line) as { name: string; pid: number; port: number }[];
      expect(servers.map(({ name }) => name)).toEqual(SERVERS.map(({ name }) => name));
      for (const { name, pid, port } of servers) {
        expect([name, groupRuns(pid), await listens(port)]).toEqual([name, true, true]);
      }

      child.kill('SIGKILL');
      for (const { name, pid, port } of servers) {
        await vi.waitFor(() => expect([name, groupRuns(pid)]).toEqual([name, false]), { timeout: 10_000 });
        expect([name, await listens(port)]).toEqual([name, false]);
      }
      expect(workFolders(child.pid!)).toHaveLength(SERVERS.length);
      sweepWorkFolders();
      expect(workFolders(child.pid!)).toEqual([]);
    });
  },
);
