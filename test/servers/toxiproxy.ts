import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goProgram } from './cache.ts';
import { freePort, listens, ServerProcess } from './process.ts';

/** A fault of the network between a client and a server. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'slow_close' | 'timeout' | 'reset_peer' | 'slicer' | 'limit_data';
  /** `upstream`: what the client sends. `downstream`: what the server answers. */
  readonly stream: 'upstream' | 'downstream';
  /** Share of the connections that it hits. Default all. */
  readonly toxicity?: number;
  /** As toxiproxy names them: `{ timeout: 0 }`, `{ bytes: 100 }`, `{ latency: 50, jitter: 10 }`. */
  readonly attributes?: Readonly<Record<string, number>>;
}

/** A port that stands before another one. */
export interface Proxy {
  readonly port: number;
  /** With `http:`. */
  readonly url: string;
  /** Adds a fault; open connections have it too. */
  toxic(toxic: Toxic): Promise<{ remove(): Promise<void> }>;
  /** Removes every fault of this proxy. */
  clear(): Promise<void>;
  /** Closes the port and its connections: connection refused. */
  disable(): Promise<void>;
  enable(): Promise<void>;
}

/** A running toxiproxy. */
export interface Toxiproxy {
  /** A proxy before this port of 127.0.0.1. */
  proxy(upstreamPort: number): Promise<Proxy>;
  /** Of the process group. */
  readonly pid: number;
  stop(): Promise<void>;
}

const START_MS = 30_000;

/** Fetches toxiproxy. Resolves with the path of its binary. */
export async function fetchToxiproxy(): Promise<string> {
  return await goProgram('toxiproxy-2.5.0', 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0', 'server');
}

/** Starts toxiproxy. One serves any number of proxies. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  const command = await fetchToxiproxy();
  const work = mkdtempSync(join(tmpdir(), 'toxiproxy-'));
  const port = await freePort();
  const args = ['-host', '127.0.0.1', '-port', String(port), '-seed', '1'];
  const server = new ServerProcess('toxiproxy', {
    command,
    args,
    cwd: work,
    env: { PATH: process.env.PATH },
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(work, { recursive: true, force: true });
  };
  try {
    await server.until(() => listens(port), START_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  const call = caller(`http://127.0.0.1:${port}`);
  let proxies = 0;
  const proxy = async (upstreamPort: number): Promise<Proxy> => {
    const listen = await freePort();
    const name = `p${++proxies}`;
    const [from, to] = [`127.0.0.1:${listen}`, `127.0.0.1:${upstreamPort}`];
    await call('POST', '/proxies', { name, listen: from, upstream: to, enabled: true });
    return makeProxy(call, name, listen);
  };
  return { proxy, stop, pid: server.pid };
}

type Call = (method: string, path: string, body?: unknown) => Promise<string>;

function caller(url: string): Call {
  return async (method, path, body) => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(url + path, { method, ...content });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`toxiproxy ${method} ${path}: ${answer.status} ${text}`);
    return text;
  };
}

function makeProxy(call: Call, name: string, port: number): Proxy {
  const path = `/proxies/${name}`;
  const present = new Set<string>();
  let toxics = 0;
  const remove = async (toxic: string): Promise<void> => {
    if (present.delete(toxic)) await call('DELETE', `${path}/toxics/${toxic}`);
  };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    toxic: async ({ type, stream, toxicity = 1, attributes = {} }) => {
      const toxic = `t${++toxics}`;
      await call('POST', `${path}/toxics`, { name: toxic, type, stream, toxicity, attributes });
      present.add(toxic);
      return { remove: () => remove(toxic) };
    },
    clear: async () => {
      for (const toxic of present) await remove(toxic);
    },
    disable: async () => {
      await call('POST', path, { enabled: false });
    },
    enable: async () => {
      await call('POST', path, { enabled: true });
    },
  };
}
