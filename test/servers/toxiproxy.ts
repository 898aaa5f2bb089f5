import { rmSync } from 'node:fs';
import { goProgram } from './cache.ts';
import { freePort, listens, ServerProcess } from './process.ts';
import { workFolder } from './work.ts';

/** What each fault takes, as toxiproxy names it. It ignores a name that it does not know. Delays are milliseconds. */
interface Attributes {
  /** Delays all data. */
  readonly latency: { readonly latency: number; readonly jitter?: number };
  /** KB a second. */
  readonly bandwidth: { readonly rate: number };
  /** Delays the end of the connection. */
  readonly slow_close: { readonly delay: number };
  /** Drops all data, and ends the connection after so long; 0: never. */
  readonly timeout: { readonly timeout: number };
  /**
   * Drops the first data, and resets the connection so long after them. One that was open before only ends: it has
   * no reset.
   */
  readonly reset_peer: { readonly timeout: number };
  /** Cuts data into pieces of about so many bytes, with a delay of microseconds between them. */
  readonly slicer: {
    readonly average_size: number;
    readonly size_variation?: number;
    readonly delay: number;
  };
  /** Ends the connection after so many bytes. */
  readonly limit_data: { readonly bytes: number };
}

interface ToxicOf<Type extends keyof Attributes> {
  readonly type: Type;
  /**
   * `upstream`: what the client sends; cut there, a request never arrives. `downstream`: what the server answers; cut
   * there, it is done, and its answer is lost.
   */
  readonly stream: 'upstream' | 'downstream';
  /** Share of the connections that it hits. Default all. */
  readonly toxicity?: number;
  readonly attributes: Attributes[Type];
}

/** A fault of the network between a client and a server. */
export type Toxic = { [Type in keyof Attributes]: ToxicOf<Type> }[keyof Attributes];

/** A port that stands before another one. */
export interface FaultyProxy {
  readonly port: number;
  /** With `http:`. */
  readonly url: string;
  /** Adds a fault; open connections have it too. */
  toxic(toxic: Toxic): Promise<{ remove(): Promise<void> }>;
  /** Removes every fault of this proxy. */
  clear(): Promise<void>;
  /** Closes the port and its connections: connection refused. */
  disable(): Promise<void>;
  /** Opens the port again; faults are as before. */
  enable(): Promise<void>;
  /** Closes the port for good. */
  remove(): Promise<void>;
}

/** A running toxiproxy. */
export interface Toxiproxy {
  /** Of its own API. */
  readonly port: number;
  /** A proxy before this port of 127.0.0.1. */
  proxy(upstreamPort: number): Promise<FaultyProxy>;
  /** Of the process group. */
  readonly pid: number;
  /** Kills it: all proxies close. */
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
  const work = workFolder('toxiproxy');
  const port = await freePort();
  const args = ['-host', '127.0.0.1', '-port', String(port), '-seed', '1'];
  const server = new ServerProcess('toxiproxy', {
    command,
    args,
    cwd: work,
    env: { PATH: process.env.PATH },
  });
  const stop = async (): Promise<void> => {
    await server.kill();
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
  const proxy = async (upstreamPort: number): Promise<FaultyProxy> => {
    const listen = await freePort();
    const name = `p${++proxies}`;
    const [from, to] = [`127.0.0.1:${listen}`, `127.0.0.1:${upstreamPort}`];
    await call('POST', '/proxies', { name, listen: from, upstream: to, enabled: true });
    return makeProxy(call, name, listen);
  };
  return { port, proxy, stop, pid: server.pid };
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

function makeProxy(call: Call, name: string, port: number): FaultyProxy {
  const path = `/proxies/${name}`;
  const present = new Set<string>();
  let toxics = 0;
  const remove = async (toxic: string): Promise<void> => {
    if (present.delete(toxic)) await call('DELETE', `${path}/toxics/${toxic}`);
  };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    toxic: async ({ type, stream, toxicity = 1, attributes }) => {
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
    remove: async () => {
      await call('DELETE', path);
    },
  };
}
