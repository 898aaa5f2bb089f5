import { afterEach, describe, expect, it } from 'vitest';
import type { Connector } from '../../src/connector/open.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { type HealthServer, startHealthServer } from '../../src/server/health.ts';
import { SteppingClock } from '../support/stepping-clock.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const HOST = { host: '127.0.0.1', port: 0 };

let server: HealthServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A connector with one source, covered up to `lagMs` ago. */
function connectorWith(lagMs: number | undefined, isFull = false): Connector {
  const to = BigInt(NOW_MS - (lagMs ?? 0)) * 1_000_000n;
  return {
    machine: { clock: new SteppingClock(NOW_MS), log: silentLog },
    sources: [
      {
        config: { id: 'acme', userId: 'acme-corp' },
        collector: { coverage: lagMs === undefined ? [] : [{ from: 0n, to }] },
        room: { isFull },
      },
    ],
  } as unknown as Connector;
}

async function ask(connector: Connector, path: string, init?: RequestInit, stopping = false) {
  const signal = stopping ? AbortSignal.abort() : new AbortController().signal;
  server = await startHealthServer(HOST, connector, signal);
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { status: response.status, text: await response.text() };
}

describe('health server', () => {
  it('is live as long as it answers', async () => {
    expect(await ask(connectorWith(undefined), '/livez')).toMatchObject({ status: 200 });
  });

  it('is ready while every source is up to date', async () => {
    expect(await ask(connectorWith(60_000), '/readyz?x=1')).toMatchObject({ status: 200 });
  });

  it.each([
    ['nothing is read yet', connectorWith(undefined)],
    ['3600 s behind', connectorWith(3_600_000)],
    ['the journal is full', connectorWith(0, true)],
  ])('is not ready, and says why: %s', async (why, connector) => {
    const { status, text } = await ask(connector, '/readyz');
    expect(status).toBe(503);
    expect(text).toContain(`acme: ${why}`);
    expect(text).not.toContain('acme-corp');
  });

  it('is not ready while it stops', async () => {
    expect((await ask(connectorWith(0), '/readyz', {}, true)).text).toContain('stopping');
  });

  it('takes GET only, and knows no other path', async () => {
    const post = await ask(connectorWith(0), '/readyz', { method: 'POST' });
    expect(post.status).toBe(405);
    await server?.close();
    expect((await ask(connectorWith(0), '/config')).status).toBe(404);
  });

  it('refuses a port that is taken, and says so (exit 2)', async () => {
    server = await startHealthServer(HOST, connectorWith(0), new AbortController().signal);
    const { port } = server;
    const again = startHealthServer(
      { host: '127.0.0.1', port },
      connectorWith(0),
      new AbortController().signal,
    );
    await expect(again).rejects.toMatchObject({ code: 'server.listen', exitCode: 2 });
  });

  it('does not listen when it is off', async () => {
    server = await startHealthServer(false, connectorWith(0), new AbortController().signal);
    expect(server.port).toBe(0);
  });
});
