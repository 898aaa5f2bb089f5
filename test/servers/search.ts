import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { findCommand, mavenDistribution } from './cache.ts';
import { makeCertificates } from './certificates.ts';
import { findJava } from './java.ts';
import { freePort, run, ServerProcess } from './process.ts';
import {
  jvmOptions,
  type SearchKind,
  type SearchSettings,
  type SearchUser,
  writeSearchConfig,
} from './search-config.ts';
import { workFolder } from './work.ts';

/** Versions of Elasticsearch that can be started. */
export const ELASTICSEARCH_VERSIONS = ['8.19.21', '9.5.3'] as const;
export type ElasticsearchVersion = (typeof ELASTICSEARCH_VERSIONS)[number];

/** Versions of OpenSearch that can be started. */
export const OPENSEARCH_VERSIONS = ['2.19.6', '3.8.0'] as const;
export type OpenSearchVersion = (typeof OPENSEARCH_VERSIONS)[number];

/** How a search server is started. */
export interface SearchOptions<Version extends string> {
  readonly version: Version;
  readonly settings?: SearchSettings;
  /** Largest heap, as Java writes it. Default 512m. */
  readonly heap?: string;
}

/** How an Elasticsearch is started. */
export interface ElasticsearchOptions extends SearchOptions<ElasticsearchVersion> {
  /** Asks for Basic auth, and has this one user, who may do everything. */
  readonly security?: SearchUser;
  /** Speaks TLS only, with a certificate of an authority of its own. Needs `security`. */
  readonly tls?: boolean;
}

/** What a search server answered. */
export interface SearchAnswer {
  readonly status: number;
  readonly text: string;
  /** The parsed text; undefined when it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: answers have every shape, and tests say which they expect.
  readonly json: any;
}

/** A search server that can be started on this machine. */
export interface SearchProgram {
  readonly kind: SearchKind;
  /** The folder that it is unpacked in. */
  readonly home: string;
  /** Of the Java that runs it. */
  readonly javaHome: string;
}

/** A running search server. Data are kept until `stop`. */
export interface SearchServer {
  readonly url: string;
  readonly port: number;
  /** Of the process group; another one after `restart`. */
  readonly pid: number;
  /** The authority of its certificate, a PEM file. With `tls` only. */
  readonly caFile: string | undefined;
  /** One request, with the user of `security`. A body that is not text is sent as JSON. */
  call(method: string, path: string, body?: unknown): Promise<SearchAnswer>;
  /** Kills it and deletes its data. */
  stop(): Promise<void>;
  /** SIGKILL. Data stay: `restart` starts it again. */
  kill(): Promise<void>;
  /** Stops it when it runs, and starts it with the same data on the same port. Settings given here replace others. */
  restart(settings?: SearchSettings): Promise<void>;
  /** The end of what it logged. */
  output(): string;
}

/** The user that servers run as when this process is root, which they refuse. */
const NOBODY = 65_534;
const START_MS = 180_000;
/** For a restart. OpenSearch 2 waits for ever for threads that have ended; its data are safe without. */
const GRACE_MS = 5_000;

/** Fetches Elasticsearch. Rejects with `Unavailable` when it, or the Java that it needs, cannot be had. */
export async function fetchElasticsearch(version: ElasticsearchVersion): Promise<SearchProgram> {
  const javaHome = findJava(version.startsWith('8.') ? 17 : 21);
  return { kind: 'elasticsearch', javaHome, home: await mavenDistribution(`elasticsearch-${version}`) };
}

/** Fetches OpenSearch. Rejects with `Unavailable` when it, or the Java that it needs, cannot be had. */
export async function fetchOpenSearch(version: OpenSearchVersion): Promise<SearchProgram> {
  // 2 wants the security manager, that Java 24 has no more.
  const javaHome = version.startsWith('2.') ? findJava(17, 23) : findJava(21);
  return { kind: 'opensearch', javaHome, home: await mavenDistribution(`opensearch-${version}`) };
}

/** Starts an Elasticsearch: the core of it, without modules (no `GET /`, no `_data_stream`, no ILM, no API keys). */
export async function startElasticsearch(options: ElasticsearchOptions): Promise<SearchServer> {
  const { version, security, tls = false } = options;
  if (tls && security === undefined) throw new TypeError('tls needs security');
  const server = await Server.make({ ...(await fetchElasticsearch(version)), security, tls }, options);
  return await server.begin();
}

/** Starts an OpenSearch: with data streams; without security and ISM. */
export async function startOpenSearch(options: SearchOptions<OpenSearchVersion>): Promise<SearchServer> {
  const program = await fetchOpenSearch(options.version);
  const server = await Server.make({ ...program, security: undefined, tls: false }, options);
  return await server.begin();
}

interface Setup extends SearchProgram {
  readonly security: SearchUser | undefined;
  readonly tls: boolean;
}

class Server implements SearchServer {
  readonly port: number;
  readonly #setup: Setup;
  readonly #heap: string;
  /** Everything of this server, deleted when it stops. */
  readonly #work: string;
  /** Its unpacked folder, where its user may read it. */
  readonly #home: string;
  readonly #agent: Agent;
  #settings: SearchSettings;
  #process: ServerProcess | undefined;

  static async make(setup: Setup, options: SearchOptions<string>): Promise<Server> {
    const work = workFolder(setup.kind);
    try {
      for (const name of ['config', 'tmp', 'data', 'logs']) mkdirSync(join(work, name));
      if (setup.tls) await makeCertificates(join(work, 'config'));
      return new Server(setup, options, work, await reachable(setup.home, work), await freePort());
    } catch (error) {
      rmSync(work, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    setup: Setup,
    options: SearchOptions<string>,
    work: string,
    home: string,
    port: number,
  ) {
    this.#setup = setup;
    this.#settings = options.settings ?? {};
    this.#heap = options.heap ?? '512m';
    this.#work = work;
    this.#home = home;
    this.port = port;
    const { caFile } = this;
    this.#agent = new Agent(caFile === undefined ? {} : { connect: { ca: readFileSync(caFile, 'utf8') } });
  }

  get url(): string {
    return `${this.#setup.tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get caFile(): string | undefined {
    return this.#setup.tls ? join(this.#work, 'config', 'ca.pem') : undefined;
  }

  output(): string {
    return this.#process?.output() ?? '';
  }

  async begin(): Promise<this> {
    try {
      await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    return this;
  }

  async call(method: string, path: string, body?: unknown): Promise<SearchAnswer> {
    const { security } = this.#setup;
    const headers: Record<string, string> = {};
    if (security !== undefined) {
      const user = Buffer.from(`${security.username}:${security.password}`).toString('base64');
      headers.authorization = `Basic ${user}`;
    }
    let text: string | null = null;
    if (body !== undefined) {
      text = typeof body === 'string' ? body : JSON.stringify(body);
      headers['content-type'] = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
    }
    const answer = await request(new URL(path, this.url), {
      method: method as 'GET',
      headers,
      body: text,
      dispatcher: this.#agent,
    });
    const got = await answer.body.text();
    return { status: answer.statusCode, text: got, json: parsed(got) };
  }

  async stop(): Promise<void> {
    await this.#process?.kill();
    await this.#agent.destroy();
    rmSync(this.#work, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async restart(settings: SearchSettings = {}): Promise<void> {
    await this.#process?.stop(GRACE_MS);
    this.#settings = { ...this.#settings, ...settings };
    await this.#start();
  }

  async #start(): Promise<void> {
    const { kind, javaHome } = this.#setup;
    writeSearchConfig(this.#work, {
      ...this.#setup,
      port: this.port,
      heap: this.#heap,
      settings: this.#settings,
    });
    if (process.getuid?.() === 0) this.#handOver();
    const launcher = kind === 'elasticsearch' ? join(this.#home, 'bin', kind) : join(javaHome, 'bin', 'java');
    const server = new ServerProcess(kind, {
      command: launcher,
      args: kind === 'elasticsearch' ? [] : this.#openSearchArgs(),
      cwd: this.#work,
      env: {
        PATH: process.env.PATH,
        HOME: this.#work,
        HOSTNAME: 'localhost',
        ES_JAVA_HOME: javaHome,
        ES_PATH_CONF: join(this.#work, 'config'),
        ES_TMPDIR: join(this.#work, 'tmp'),
      },
      uid: process.getuid?.() === 0 ? NOBODY : undefined,
    });
    this.#process = server;
    await server.until(() => /\bNode *\] (?:\[n1\] )?started/.test(server.output()), START_MS);
    // Shards of an earlier start come back a moment later.
    await server.until(() => this.#recovered(), START_MS);
  }

  /** What it reads and writes becomes the user's that it runs as. */
  #handOver(): void {
    const config = join(this.#work, 'config');
    const folders = ['tmp', 'data', 'logs', 'config'].map((name) => join(this.#work, name));
    const files = readdirSync(config, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(config, name),
    );
    for (const path of [this.#work, ...folders, ...files]) chownSync(path, NOBODY, NOBODY);
  }

  async #recovered(): Promise<boolean> {
    try {
      const { status } = await this.call('GET', '/_cluster/health?wait_for_status=yellow&timeout=1s');
      return status === 200;
    } catch {
      return false;
    }
  }

  /** What its start script would call, without the script's own two Java processes before. */
  #openSearchArgs(): string[] {
    const agent = join(this.#home, 'agent', 'opensearch-agent.jar');
    return [
      ...jvmOptions(this.#heap, this.#work),
      '--add-opens=java.base/java.nio=ALL-UNNAMED',
      existsSync(agent) ? `-javaagent:${agent}` : '-Djava.security.manager=allow',
      `-Dopensearch.path.home=${this.#home}`,
      `-Dopensearch.path.conf=${join(this.#work, 'config')}`,
      '-Dopensearch.distribution.type=zip',
      '-Dopensearch.bundled_jdk=false',
      '-cp',
      `${this.#home}/lib/*`,
      'org.opensearch.bootstrap.OpenSearch',
    ];
  }
}

/** The home folder at a path that the server's user may read: the cache is under root's own home. */
async function reachable(home: string, work: string): Promise<string> {
  if (process.getuid?.() !== 0) return home;
  const copy = join(work, 'home');
  const options = { command: findCommand('cp'), cwd: work, env: process.env };
  // Links cost no time; another file system needs the copy.
  await run('cp', { ...options, args: ['-al', home, copy] }, 60_000).catch(async () => {
    rmSync(copy, { recursive: true, force: true });
    await run('cp', { ...options, args: ['-a', home, copy] }, 120_000);
  });
  return copy;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
