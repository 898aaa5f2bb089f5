import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OpenSearchClient } from '../../src/sink/opensearch.ts';

describe('OpenSearch client', () => {
  it('ends a request that hangs when it is told to stop, and nothing is thrown that nobody catches', async () => {
    const server = createServer(() => {});
    onTestFinished(() => void server.close().closeAllConnections());
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const uncaught: unknown[] = [];
    const told = (error: unknown): void => void uncaught.push(error);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', told);
    onTestFinished(() => {
      process.removeListener('uncaughtException', told);
      for (const each of others) process.on('uncaughtException', each);
    });
    const { port } = server.address() as AddressInfo;
    const nodes = [`http://127.0.0.1:${port}`];
    const config = { nodes, auth: { kind: 'none' } } as unknown as ConstructorParameters<
      typeof OpenSearchClient
    >[0];
    const client = new OpenSearchClient(config, undefined, {});
    const stop = new AbortController();
    server.on('request', () => stop.abort(new Error('stopped')));
    const lines = Buffer.from('{}\n{}\n');
    const request = { method: 'POST', path: '/x/_bulk', lines, gzip: true } as Parameters<
      typeof client.request
    >[0];
    await expect(client.request(request, stop.signal)).rejects.toThrow('stopped');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(uncaught).toEqual([]);
    await client.close();
  });
});
