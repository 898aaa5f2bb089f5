import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { groupRuns, listens } from './process.ts';
import { describeWith } from './require.ts';
import { type FaultyProxy, fetchToxiproxy, startToxiproxy, type Toxiproxy } from './toxiproxy.ts';

const BODY = 'x'.repeat(8192);

/** How a connection went that asked for one answer. */
interface Exchange {
  readonly text: string;
  /** How it ended. */
  readonly end: 'closed' | string;
  /** Until the last data, and until the end. */
  readonly dataMs: number;
  readonly endMs: number;
}

/** Asks once, on a connection of its own. */
async function ask(port: number): Promise<Exchange> {
  const began = performance.now();
  return await new Promise((resolve) => {
    let [text, dataMs, end] = ['', 0, 'closed'];
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      text += chunk;
      dataMs = performance.now() - began;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      end = error.code ?? error.message;
    });
    socket.on('close', () => resolve({ text, end, dataMs, endMs: performance.now() - began }));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  });
}

await describeWith('toxiproxy', [fetchToxiproxy], () => {
  let toxiproxy: Toxiproxy;
  let upstream: Server;
  let proxy: FaultyProxy;
  let asked = 0;

  beforeAll(async () => {
    toxiproxy = await startToxiproxy();
    upstream = createServer((_request, response) => {
      asked += 1;
      response.end(BODY);
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    proxy = await toxiproxy.proxy((upstream.address() as AddressInfo).port);
  });
  beforeEach(async () => {
    await proxy.clear();
    asked = 0;
  });
  afterAll(async () => {
    await toxiproxy?.stop();
    upstream?.close();
  });

  /** The answer came whole. */
  async function expectSound(): Promise<Exchange> {
    const got = await ask(proxy.port);
    expect(got.text.endsWith(BODY)).toBe(true);
    expect(got.end).toBe('closed');
    return got;
  }

  it('hands everything on', async () => {
    await expectSound();
    expect(asked).toBe(1);
  });

  it('latency delays the answer until it is removed', async () => {
    const delay = await proxy.toxic({ type: 'latency', stream: 'downstream', attributes: { latency: 900 } });
    expect((await expectSound()).dataMs).toBeGreaterThan(890);
    await delay.remove();
    expect((await expectSound()).dataMs).toBeLessThan(890);
  });

  it('reset_peer downstream resets the connection after the request was done', async () => {
    await proxy.toxic({ type: 'reset_peer', stream: 'downstream', attributes: { timeout: 0 } });
    expect(await ask(proxy.port)).toMatchObject({ text: '', end: 'ECONNRESET' });
    expect(asked).toBe(1);
    await proxy.clear();
    await expectSound();
  });

  it('reset_peer upstream resets the connection before the request arrives', async () => {
    await proxy.toxic({ type: 'reset_peer', stream: 'upstream', attributes: { timeout: 0 } });
    expect(await ask(proxy.port)).toMatchObject({ text: '', end: 'ECONNRESET' });
    expect(asked).toBe(0);
  });

  it('timeout downstream does the request and loses the answer', async () => {
    await proxy.toxic({ type: 'timeout', stream: 'downstream', attributes: { timeout: 300 } });
    expect(await ask(proxy.port)).toMatchObject({ text: '', end: 'closed' });
    expect(asked).toBe(1);
  });

  it('timeout upstream loses the request', async () => {
    await proxy.toxic({ type: 'timeout', stream: 'upstream', attributes: { timeout: 300 } });
    const got = await ask(proxy.port);
    expect(got).toMatchObject({ text: '', end: 'closed' });
    expect(got.endMs).toBeGreaterThan(290);
    expect(asked).toBe(0);
  });

  it('limit_data cuts the answer', async () => {
    await proxy.toxic({ type: 'limit_data', stream: 'downstream', attributes: { bytes: 1000 } });
    expect((await ask(proxy.port)).text).toHaveLength(1000);
    expect(asked).toBe(1);
  });

  it('bandwidth stretches the answer', async () => {
    await proxy.toxic({ type: 'bandwidth', stream: 'downstream', attributes: { rate: 16 } });
    expect((await expectSound()).dataMs).toBeGreaterThan(400);
  });

  it('slow_close delays the end, not the answer', async () => {
    await proxy.toxic({ type: 'slow_close', stream: 'downstream', attributes: { delay: 900 } });
    const got = await expectSound();
    expect(got.endMs - got.dataMs).toBeGreaterThan(800);
  });

  it('slicer cuts the answer into pieces', async () => {
    const attributes = { average_size: 1024, delay: 50_000 };
    await proxy.toxic({ type: 'slicer', stream: 'downstream', attributes });
    expect((await expectSound()).dataMs).toBeGreaterThan(300);
  });

  it('refuses connections while it is disabled, and keeps its faults', async () => {
    await proxy.toxic({ type: 'limit_data', stream: 'downstream', attributes: { bytes: 1000 } });
    await proxy.disable();
    expect(await ask(proxy.port)).toMatchObject({ text: '', end: 'ECONNREFUSED' });
    await proxy.enable();
    expect((await ask(proxy.port)).text).toHaveLength(1000);
    await proxy.clear();
    await expectSound();
  });

  it('faults of one proxy leave another alone', async () => {
    const other = await toxiproxy.proxy((upstream.address() as AddressInfo).port);
    await other.toxic({ type: 'limit_data', stream: 'downstream', attributes: { bytes: 1 } });
    await expectSound();
    await other.remove();
    expect(await listens(other.port)).toBe(false);
    await expectSound();
  });

  it('leaves no process or port when it stops', async () => {
    const { pid, port } = toxiproxy;
    expect(groupRuns(pid)).toBe(true);
    await toxiproxy.stop();
    expect(groupRuns(pid)).toBe(false);
    expect([await listens(port), await listens(proxy.port)]).toEqual([false, false]);
  });
});
