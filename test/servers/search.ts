import { pbkdf2Sync, randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { findCommand, mavenDistribution } from './cache.ts';
import { makeCertificates } from './certificates.ts';
import { findJava } from './java.ts';
import { freePort, run, ServerProcess } from './process.ts';

/** Versions of Elasticsearch that can be started. */
export type ElasticsearchVersion = '8.19.21' | '9.5.3';

/** Versions of OpenSearch that can be started. */
export type OpenSearchVersion = '2.19.6' | '3.8.0';

/** Lines of the server's own settings file. */
export type SearchSettings = Readonly<Record<string, string | number | boolean | readonly string[]>>;

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
  readonly security?: { readonly username: string; readonly password: string };
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
  /** Ends it and deletes its data. */
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

const LOG4J = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** Starts an Elasticsearch: the core of it, without modules (no `GET /`, no `_data_stream`, no ILM, no API keys). */
export async function startElasticsearch(options: ElasticsearchOptions): Promise<SearchServer> {
  const { version, security, tls = false } = options;
  if (tls && security === undefined) throw new TypeError('tls needs security');
  const javaHome = findJava(version.startsWith('8.') ? 17 : 21);
  const server = await Server.make('elasticsearch', options, { javaHome, security, tls });
  return await server.begin();
}

/** Starts an OpenSearch: with data streams; without security and ISM. */
export async function startOpenSearch(options: SearchOptions<OpenSearchVersion>): Promise<SearchServer> {
  // 2 wants the security manager, that Java 24 has no more.
  const javaHome = options.version.startsWith('2.') ? findJava(17, 23) : findJava(21);
  const server = await Server.make('opensearch', options, { javaHome, security: undefined, tls: false });
  return await server.begin();
}

interface Setup {
  readonly javaHome: string;
  readonly security: { readonly username: string; readonly password: string } | undefined;
  readonly tls: boolean;
}

class Server implements SearchServer {
  readonly port: number;
  readonly #kind: 'elasticsearch' | 'opensearch';
  readonly #setup: Setup;
  readonly #heap: string;
  /** Everything of this server, deleted when it stops. */
  readonly #work: string;
  readonly #home: string;
  readonly #agent: Agent;
  #settings: SearchSettings;
  #process: ServerProcess | undefined;

  static async make(
    kind: 'elasticsearch' | 'opensearch',
    options: SearchOptions<string>,
    setup: Setup,
  ): Promise<Server> {
    const home = await mavenDistribution(`${kind}-${options.version}`);
    const work = mkdtempSync(join(tmpdir(), `${kind}-`));
    try {
      for (const name of ['config', 'tmp', 'data', 'logs']) mkdirSync(join(work, name));
      if (setup.tls) await makeCertificates(join(work, 'config'));
      return new Server(kind, options, setup, work, await reachable(home, work), await freePort());
    } catch (error) {
      rmSync(work, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    kind: 'elasticsearch' | 'opensearch',
    options: SearchOptions<string>,
    setup: Setup,
    work: string,
    home: string,
    port: number,
  ) {
    this.#kind = kind;
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
    await this.#process?.stop();
    await this.#agent.destroy();
    rmSync(this.#work, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async restart(settings: SearchSettings = {}): Promise<void> {
    await this.#process?.stop();
    this.#settings = { ...this.#settings, ...settings };
    await this.#start();
  }

  async #start(): Promise<void> {
    this.#configure();
    const command = this.#kind === 'elasticsearch' ? join(this.#home, 'bin', 'elasticsearch') : this.#java();
    const server = new ServerProcess(this.#kind, {
      command,
      args: this.#kind === 'elasticsearch' ? [] : this.#openSearchArgs(),
      cwd: this.#work,
      env: {
        PATH: process.env.PATH,
        HOME: this.#work,
        HOSTNAME: 'localhost',
        ES_JAVA_HOME: this.#setup.javaHome,
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

  async #recovered(): Promise<boolean> {
    try {
      const { status } = await this.call('GET', '/_cluster/health?wait_for_status=yellow&timeout=1s');
      return status === 200;
    } catch {
      return false;
    }
  }

  #java(): string {
    return join(this.#setup.javaHome, 'bin', 'java');
  }

  #jvmOptions(): string[] {
    const sizes = ['-Xms128m', `-Xmx${this.#heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    const tmp = `-Djava.io.tmpdir=${join(this.#work, 'tmp')}`;
    return [...sizes, '-XX:-AlwaysPreTouch', '--add-modules=jdk.incubator.vector', tmp];
  }

  /** What its start script would call, without the script's own two Java processes before. */
  #openSearchArgs(): string[] {
    const agent = join(this.#home, 'agent', 'opensearch-agent.jar');
    return [
      ...this.#jvmOptions(),
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

  #configure(): void {
    const config = join(this.#work, 'config');
    const { security, tls } = this.#setup;
    const settings: SearchSettings = {
      'node.name': 'n1',
      'discovery.type': 'single-node',
      'http.host': '127.0.0.1',
      'http.port': this.port,
      'transport.host': '127.0.0.1',
      'transport.port': 0,
      'path.data': join(this.#work, 'data'),
      'path.logs': join(this.#work, 'logs'),
      'cluster.routing.allocation.disk.threshold_enabled': false,
      ...(this.#kind === 'elasticsearch' ? { 'xpack.security.enabled': security !== undefined } : {}),
      ...(tls
        ? {
            'xpack.security.http.ssl.enabled': true,
            'xpack.security.http.ssl.certificate': 'server.pem',
            'xpack.security.http.ssl.key': 'server.key',
          }
        : {}),
      ...this.#settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
    const files: Record<string, string> = {
      [`${this.#kind}.yml`]: lines.join(''),
      'jvm.options': `${this.#jvmOptions().join('\n')}\n`,
      'log4j2.properties': LOG4J,
    };
    if (security !== undefined) {
      files.users = `${security.username}:${passwordHash(security.password)}\n`;
      files.users_roles = `superuser:${security.username}\n`;
    }
    mkdirSync(join(config, 'jvm.options.d'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(config, name), text);
    if (process.getuid?.() !== 0) return;
    const ours = [this.#work, ...['tmp', 'data', 'logs', 'config'].map((name) => join(this.#work, name))];
    for (const name of readdirSync(config, { recursive: true, encoding: 'utf8' }))
      ours.push(join(config, name));
    for (const path of ours) chownSync(path, NOBODY, NOBODY);
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

/** As its file of users wants it. */
function passwordHash(password: string): string {
  const rounds = 10_000;
  const salt = randomBytes(32);
  const hash = pbkdf2Sync(password, salt, rounds, 32, 'sha512');
  return `{PBKDF2}${rounds}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
