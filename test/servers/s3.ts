import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { goProgram } from './cache.ts';
import { freePort, listens, ServerProcess } from './process.ts';
import { workFolder } from './work.ts';

/** A running S3 server. Data are kept until `stop`. */
export interface S3Server {
  readonly url: string;
  readonly port: number;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A key that it can encrypt objects with. MinIO only. */
  readonly kmsKeyId: string | undefined;
  /** Of the process group; another one after `restart`. */
  readonly pid: number;
  /** Kills it and deletes its data. */
  stop(): Promise<void>;
  /** SIGKILL. Data stay: `restart` starts it again. */
  kill(): Promise<void>;
  /** Stops it when it runs, and starts it with the same data on the same port. */
  restart(): Promise<void>;
  /** The end of what it logged. */
  output(): string;
}

const START_MS = 30_000;
const ACCESS_KEY = 'testaccess';
const SECRET_KEY = 'testsecret';
const KMS_KEY = 'testkey';

/** Fetches versitygw. Resolves with the path of its binary. */
export async function fetchVersityGw(): Promise<string> {
  const pkg = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
  return await goProgram('versitygw-1.8.0', pkg, 'versitygw');
}

/** Fetches MinIO. Resolves with the path of its binary. */
export async function fetchMinio(): Promise<string> {
  const pkg = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c';
  return await goProgram('minio-20260212201848', pkg, 'minio');
}

/** Starts versitygw: strict, with the errors of AWS; ignores encryption. */
export async function startVersityGw(): Promise<S3Server> {
  const binary = await fetchVersityGw();
  const work = workFolder('versitygw');
  const port = await freePort();
  const [data, versions] = [join(work, 'data'), join(work, 'versions')];
  const listen = ['--port', `127.0.0.1:${port}`, '--health', '/health', '--quiet'];
  const args = [...listen, 'posix', '--versioning-dir', versions, data];
  const env = { ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY };
  for (const folder of [data, versions]) mkdirSync(folder);
  return await new Server({ name: 'versitygw', binary, args, env, work, port, health: '/health' }).begin();
}

/** Starts MinIO: other error names than AWS; encrypts with `kmsKeyId`. */
export async function startMinio(): Promise<S3Server> {
  const binary = await fetchMinio();
  const work = workFolder('minio');
  const port = await freePort();
  const args = ['server', '--address', `127.0.0.1:${port}`, '--quiet', join(work, 'data')];
  const env = {
    MINIO_ROOT_USER: ACCESS_KEY,
    MINIO_ROOT_PASSWORD: SECRET_KEY,
    MINIO_BROWSER: 'off',
    MINIO_UPDATE: 'off',
    MINIO_KMS_SECRET_KEY: `${KMS_KEY}:${Buffer.alloc(32, 7).toString('base64')}`,
  };
  mkdirSync(join(work, 'data'));
  const health = '/minio/health/ready';
  return await new Server({ name: 'minio', binary, args, env, work, port, health, kms: KMS_KEY }).begin();
}

interface Setup {
  readonly name: string;
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Everything of this server, deleted when it stops. */
  readonly work: string;
  readonly port: number;
  /** A path that answers 200 when it serves. */
  readonly health: string;
  readonly kms?: string;
}

class Server implements S3Server {
  readonly region = 'us-east-1';
  readonly accessKeyId = ACCESS_KEY;
  readonly secretAccessKey = SECRET_KEY;
  readonly #setup: Setup;
  #process: ServerProcess | undefined;

  constructor(setup: Setup) {
    this.#setup = setup;
  }

  get port(): number {
    return this.#setup.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get kmsKeyId(): string | undefined {
    return this.#setup.kms;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
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

  async stop(): Promise<void> {
    await this.#process?.kill();
    rmSync(this.#setup.work, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async restart(): Promise<void> {
    await this.#process?.stop();
    await this.#start();
  }

  async #start(): Promise<void> {
    const { name, binary, args, work } = this.#setup;
    const env = { PATH: process.env.PATH, HOME: work, ...this.#setup.env };
    const server = new ServerProcess(name, { command: binary, args, cwd: work, env });
    this.#process = server;
    await server.until(() => this.#healthy(), START_MS);
  }

  async #healthy(): Promise<boolean> {
    if (!(await listens(this.port))) return false;
    const answer = await fetch(new URL(this.#setup.health, this.url)).catch(() => undefined);
    await answer?.text();
    return answer?.status === 200;
  }
}
