import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../src/runtime/log.ts';
import { jsonReply, type Routes, type StatusServer, startServer } from '../../src/server/server.ts';

const HOST = { host: '127.0.0.1', port: 0 };
const ROUTES: Routes = {
  '/livez': () => jsonReply(200, { status: 'live' }),
  '/broken': () => Promise.reject(new Error('a defect that names /etc/passwd')),
};

let server: StatusServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(path: string, init?: RequestInit): Promise<Response> {
  server ??= await startServer(HOST, ROUTES, silentLog);
  return fetch(`http://127.0.0.1:${server.port}${path}`, init);
}

/** Sends bytes as they are, and returns all that comes back until the server closes. */
async function send(bytes: string): Promise<string> {
  server = await startServer(HOST, ROUTES, silentLog);
  const socket = connect(server.port, '127.0.0.1');
  socket.write(bytes);
  return text(socket);
}

describe('status server', () => {
  it('answers GET, whatever the query is, and lets nobody keep or sniff it', async () => {
    const response = await ask('/livez?probe=1');
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.json()).toEqual({ status: 'live' });
  });

  it('answers HEAD as GET, without the body', async () => {
    const [get, head] = [await ask('/livez'), await ask('/livez', { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s with 405', async (method) => {
    const response = await ask('/livez', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it.each(['/config', '/livez/', '/../etc/passwd', '/__proto__', '/constructor', '//livez'])(
    'knows no %s',
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );

  it('answers 500 without a word of what went wrong when a handler throws', async () => {
    const response = await ask('/broken');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('passwd');
  });

  it('refuses header fields of more than 8 KiB', async () => {
    const answer = await send(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(9_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('refuses what is no HTTP', async () => {
    expect(await send('\x16\x03\x01 no http\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('closes although connections are open', async () => {
    await ask('/livez');
    await server!.close();
    await expect(fetch(`http://127.0.0.1:${server!.port}/livez`)).rejects.toThrow();
  });

  it('refuses a port that is taken, and says so (exit 2)', async () => {
    await ask('/livez');
    const again = startServer({ host: '127.0.0.1', port: server!.port }, ROUTES, silentLog);
    await expect(again).rejects.toMatchObject({ code: 'server.listen', exitCode: 2 });
  });

  it('does not listen when it is off', async () => {
    server = await startServer(false, ROUTES, silentLog);
    expect(server.port).toBe(0);
  });
});
