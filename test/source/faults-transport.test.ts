import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../support/fake-clock.ts';
import { type ApiUnderTest, type StartOptions, startApi } from './harness.ts';
import { ENTRY, type Loopback, type Responder, startLoopback, success } from './loopback.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(
  responders: Responder[],
  options: StartOptions = {},
): Promise<{ server: Loopback; api: ApiUnderTest }> {
  const server = await startLoopback(responders);
  const api = startApi(server.url, options);
  closing.push(server.close, api.close);
  return { server, api };
}

/** A server of bare bytes: the n-th request of all connections is answered by the n-th script. */
async function startRaw(
  scripts: ((socket: Socket) => void)[],
): Promise<{ api: ApiUnderTest; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  let requests = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (!chunk.includes('POST ')) return;
      scripts[Math.min(requests, scripts.length - 1)]!(socket);
      requests += 1;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = startApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }, api.close);
  return { api, sockets };
}

const GOOD = JSON.stringify({ status: { code: 10000, req_id: 'answer-1' }, entries: [ENTRY] });

function http(body: string, head = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${head}content-length: ${body.length}\r\n\r\n${body}`;
}

function encoded(body: Buffer, encoding: string | string[], type = 'application/json'): Responder {
  return (response) => {
    response.setHeader('content-type', type);
    response.setHeader('content-encoding', encoding);
    response.end(body);
  };
}

describe('faults of the connection', () => {
  it('fault 6: JSON that is cut off is discarded, and asked for again', async () => {
    const cut: Responder = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(GOOD.slice(0, -20));
    };
    const { api } = await start([cut, success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken')).toBe(1);
  });

  it('fault 6: a connection that closes before the announced end is tried again', async () => {
    const { api } = await startRaw([
      (socket) => socket.end(http(GOOD).slice(0, -20)),
      (socket) => socket.write(http(GOOD)),
    ]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('network') + api.outcomes('broken')).toBe(1);
  });

  it.each(['before', 'within'])(
    'fault 7: an answer that hangs %s the body ends at the deadline',
    async (where) => {
      const clock = new FakeClock();
      const drip: Responder = (response) => {
        if (where === 'before') return;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"status":');
      };
      const { server, api } = await start([drip, success(ENTRY)], { clock });
      const answer = api.search();
      await vi.waitFor(() => expect(server.requests).toHaveLength(1));
      await clock.advance(59_999);
      expect(api.outcomes('timeout')).toBe(0);
      await clock.advance(1);
      await vi.waitFor(() => expect(clock.sleeping).toBe(1));
      expect(api.outcomes('timeout')).toBe(1);
      await clock.advance(1_000);
      expect((await answer).entries).toHaveLength(1);
      expect(clock.deadlines).toBe(0);
    },
  );

  it('fault 16: a reset before and after the headers is tried again', async () => {
    const { api } = await startRaw([
      (socket) => socket.resetAndDestroy(),
      (socket) => {
        socket.write(http(GOOD).slice(0, 90));
        socket.resetAndDestroy();
      },
      (socket) => socket.write(http(GOOD)),
    ]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('network')).toBe(2);
  });

  it('fault 16: a server that is not there is tried again', async () => {
    const server = await startLoopback([success()]);
    await server.close();
    const api = startApi(server.url, { clock: new FakeClock() });
    closing.push(api.close);
    const ended = expect(api.search()).rejects.toThrow('enough');
    await vi.waitFor(() => expect(api.clock.sleeping).toBe(1));
    expect(api.outcomes('network')).toBe(1);
    expect(api.lines[0]?.err.message).toContain('ECONNREFUSED');
    api.stop.abort(new Error('enough'));
    await ended;
  });

  it('fault 17: two lengths are no valid HTTP: a new connection is tried', async () => {
    const { api, sockets } = await startRaw([
      (socket) => socket.write(http(GOOD, 'content-length: 5\r\n')),
      (socket) => socket.write(http(GOOD)),
    ]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken')).toBe(1);
    expect(sockets).toHaveLength(2);
  });

  it('fault 17: a second answer that nobody asked for is given to nobody', async () => {
    const forged = JSON.stringify({ status: { code: 10000, req_id: 'forged' }, entries: [] });
    const { api, sockets } = await startRaw([
      (socket) => socket.write(http(GOOD) + http(forged)),
      (socket) => socket.write(http(GOOD)),
    ]);
    expect((await api.search()).requestId).toBe('answer-1');
    expect((await api.search()).requestId).toBe('answer-1');
    expect(sockets).toHaveLength(2);
  });

  it('endless header fields end the exchange', async () => {
    const { api } = await startRaw([
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(64 * 1024)}`),
      (socket) => socket.write(http(GOOD)),
    ]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken')).toBe(1);
  });
});

describe('faults of size and encoding', () => {
  const maxBytes = 1024 * 1024;

  it('reads one level of gzip', async () => {
    const { server, api } = await start([encoded(gzipSync(GOOD), 'gzip')]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip');
  });

  it("fault 8: a gzip bomb ends at the cap, and is the caller's to ask for in smaller pages", async () => {
    const bomb = gzipSync(Buffer.alloc(200 * maxBytes, ' '));
    expect(bomb.length).toBeLessThan(maxBytes);
    const { server, api } = await start([encoded(bomb, 'gzip')], { deps: { maxBytes } });
    await expect(api.search()).rejects.toMatchObject({ code: 'source.too_large', retryable: false });
    expect(server.requests).toHaveLength(1);
    expect(api.outcomes('too_large')).toBe(1);
  });

  it('fault 8: a gzip stream that is cut off is tried again', async () => {
    const { api } = await start([encoded(gzipSync(GOOD).subarray(0, -12), 'gzip'), success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('broken')).toBe(1);
  });

  it.each([['gzip, gzip'], [['gzip', 'gzip']], [Array(40).fill('gzip').join(', ')], ['br'], ['deflate']])(
    'fault 9: content encoding %s is refused undecoded',
    async (encoding) => {
      const { api } = await start([encoded(gzipSync(gzipSync(GOOD)), encoding), success(ENTRY)]);
      expect((await api.search()).entries).toHaveLength(1);
      expect(api.outcomes('broken')).toBe(1);
    },
  );

  it.each([true, false])(
    'fault 10: an answer beyond the cap is aborted (announced: %s)',
    async (announced) => {
      let closed = 0;
      const endless: Responder = (response) => {
        response.on('close', () => {
          closed += 1;
        });
        response.writeHead(200, {
          'content-type': 'application/json',
          ...(announced ? { 'content-length': String(1024 * maxBytes) } : {}),
        });
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, ' ')));
        };
        response.on('drain', more);
        more();
      };
      const { api } = await start([endless], { deps: { maxBytes } });
      await expect(api.search()).rejects.toMatchObject({ code: 'source.too_large' });
      await vi.waitFor(() => expect(closed).toBe(1));
    },
  );

  it('fault 10: an endless error page is judged by its status', async () => {
    const endless: Responder = (response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.write('x'.repeat(200_000));
    };
    const { api } = await start([endless, success(ENTRY)]);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('server')).toBe(1);
  });
});

describe('faults of names', () => {
  it('fault 15: a name that does not resolve is tried again', async () => {
    let lookups = 0;
    const server = await startLoopback([success(ENTRY)]);
    const api = startApi(`http://api.test:${server.port}`, {
      transport: {
        lookup: (_host, _options, callback) => {
          lookups += 1;
          if (lookups > 1) return callback(null, [{ address: '127.0.0.1', family: 4 }]);
          callback(Object.assign(new Error('getaddrinfo ENOTFOUND api.test'), { code: 'ENOTFOUND' }), '', 4);
        },
      },
    });
    closing.push(server.close, api.close);
    expect((await api.search()).entries).toHaveLength(1);
    expect(api.outcomes('dns')).toBe(1);
  });

  it('fault 15: connections are used again, but not for ever, so a changed address is seen', async () => {
    let lookups = 0;
    const server = await startLoopback([success(ENTRY)]);
    const lifeMs = 1_000;
    const api = startApi(`http://api.test:${server.port}`, {
      transport: {
        connectionLifeMs: lifeMs,
        lookup: (_host, _options, callback) => {
          lookups += 1;
          callback(null, [{ address: '127.0.0.1', family: 4 }]);
        },
      },
    });
    closing.push(server.close, api.close);
    const now = vi.spyOn(Date, 'now');
    try {
      await api.search();
      await api.search();
      expect([lookups, server.connections]).toEqual([1, 1]);
      const laterMs = Date.now() + lifeMs + 1;
      now.mockImplementation(() => laterMs);
      await api.search();
      expect([lookups, server.connections]).toEqual([2, 2]);
    } finally {
      now.mockRestore();
    }
  });
});
