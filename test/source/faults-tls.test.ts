import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { PAT, startApi } from './harness.ts';
import { ENTRY, type Loopback, startLoopback, success } from './loopback.ts';

interface KeyPair {
  key: string;
  cert: string;
}

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const openssl = hasOpenssl();
const why = openssl ? '' : ' (skipped: no openssl command to make certificates with)';
const closing: (() => Promise<void>)[] = [];
let dir = '';
let ca = '';

beforeAll(() => {
  if (!openssl) return;
  dir = mkdtempSync(join(tmpdir(), 'tls-test-'));
  run(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=Test CA',
    '-days',
    '2',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  writeFileSync(join(dir, 'index.txt'), '');
  writeFileSync(
    join(dir, 'ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n',
  );
  ca = readFileSync(join(dir, 'ca.pem'), 'utf8');
});

afterAll(() => {
  if (dir !== '') rmSync(dir, { recursive: true });
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function run(...args: string[]): void {
  execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
}

function certificate(san: string, days: { start: string; end: string }): KeyPair {
  run(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-subj',
    '/CN=server',
    '-addext',
    `subjectAltName=${san}`,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
  );
  run(
    'ca',
    '-batch',
    '-config',
    'ca.cnf',
    '-cert',
    'ca.pem',
    '-keyfile',
    'ca.key',
    '-startdate',
    days.start,
    '-enddate',
    days.end,
    '-in',
    'server.csr',
    '-out',
    'server.pem',
    '-notext',
  );
  return {
    key: readFileSync(join(dir, 'server.key'), 'utf8'),
    cert: readFileSync(join(dir, 'server.pem'), 'utf8'),
  };
}

const VALID = { start: '20200101000000Z', end: '20991231000000Z' };
const EXPIRED = { start: '20200101000000Z', end: '20200201000000Z' };

async function startTls(pair: KeyPair): Promise<Loopback> {
  const server = await startLoopback([success(ENTRY)], pair);
  closing.push(server.close);
  return server;
}

describe.skipIf(!openssl)(`faults of TLS${why}`, () => {
  it('fault 14: a private authority is trusted when its certificate is given', async () => {
    const server = await startTls(certificate('IP:127.0.0.1', VALID));
    const api = startApi(server.url, { transport: { caPem: ca } });
    closing.push(api.close);
    expect((await api.search()).entries).toHaveLength(1);
  });

  it.each([
    ['an unknown authority', 'IP:127.0.0.1', VALID, false],
    ['another host', 'DNS:other.example', VALID, true],
    ['an expired certificate', 'IP:127.0.0.1', EXPIRED, true],
  ])('fault 14: %s fails closed and is tried again after a minute', async (_, san, days, trusted) => {
    const server = await startTls(certificate(san, days));
    const api = startApi(server.url, { clock: new FakeClock(), transport: trusted ? { caPem: ca } : {} });
    closing.push(api.close);
    const ended = expect(api.search()).rejects.toThrow('enough');
    await vi.waitFor(() => expect(api.outcomes('tls')).toBe(1));
    expect(api.clock.nextSleepMs).toBe(60_000);
    expect(server.requests).toHaveLength(0);
    expect(api.lines[0]).toMatchObject({ level: 'error', code: 'source.tls' });
    api.stop.abort(new Error('enough'));
    await ended;
  });
});

describe.skipIf(!openssl)(`proxy${why}`, () => {
  async function startProxy(): Promise<{ url: string; heads: string[] }> {
    const heads: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, client) => {
      heads.push(`${request.url} ${JSON.stringify(request.headers)}`);
      const port = Number(request.url?.split(':')[1]);
      const upstream = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(client).pipe(upstream);
      });
      for (const socket of [client, upstream]) socket.on('error', () => {});
      closing.push(async () => {
        client.destroy();
        upstream.destroy();
      });
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    closing.push(async () => {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    });
    return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, heads };
  }

  it('goes through the proxy that is given, which never sees the PAT', async () => {
    const server = await startTls(certificate('IP:127.0.0.1', VALID));
    const proxy = await startProxy();
    const api = startApi(server.url, { transport: { caPem: ca, httpsProxy: proxy.url } });
    closing.push(api.close);
    expect((await api.search()).entries).toHaveLength(1);
    expect(proxy.heads).toHaveLength(1);
    expect(proxy.heads[0]).toContain(`127.0.0.1:${server.port}`);
    expect(proxy.heads[0]).not.toContain(PAT);
  });

  it('goes past the proxy for hosts that are excepted', async () => {
    const server = await startTls(certificate('IP:127.0.0.1', VALID));
    const proxy = await startProxy();
    const api = startApi(server.url, {
      transport: { caPem: ca, httpsProxy: proxy.url, noProxy: '127.0.0.1' },
    });
    closing.push(api.close);
    await api.search();
    expect(proxy.heads).toHaveLength(0);
    expect(server.requests).toHaveLength(1);
  });

  it('tries again when the proxy refuses the tunnel', async () => {
    const server = await startTls(certificate('IP:127.0.0.1', VALID));
    const refusing = await startLoopback([success()]);
    closing.push(refusing.close);
    const api = startApi(server.url, { clock: new FakeClock(), transport: { httpsProxy: refusing.url } });
    closing.push(api.close);
    const ended = expect(api.search()).rejects.toThrow('enough');
    await vi.waitFor(() => expect(api.clock.sleeping).toBe(1));
    expect(api.outcomes('network')).toBe(1);
    expect(server.requests).toHaveLength(0);
    api.stop.abort(new Error('enough'));
    await ended;
  });

  it('refuses a proxy setting that is no URL, without repeating it', () => {
    const start = (): unknown =>
      startApi('https://127.0.0.1', { transport: { httpsProxy: 'user:secret@ proxy' } });
    expect(start).toThrow(expect.objectContaining({ code: 'config.proxy', exitCode: 2 }));
    expect(start).not.toThrow(/secret/);
  });
});
