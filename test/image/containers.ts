import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../e2e/processes.ts';

const exec = promisify(execFile);

const TOOLS = ['buildah', 'podman', 'runc', 'mmdebstrap'];

/** Why images cannot be built and run here; undefined when they can. */
export function missing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'they are built and run as root on Linux';
  const folders = (process.env.PATH ?? '').split(':');
  const absent = TOOLS.filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
  return absent.length === 0 ? undefined : `install ${absent.join(', ')}`;
}

/** What a command printed, and its exit code. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Images and containers in a folder of their own; `close` leaves nothing behind. */
export class Containers {
  readonly #folder: string;
  readonly #storage: readonly string[];

  private constructor(folder: string) {
    this.#folder = folder;
    this.#storage = [
      ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run')],
      ...['--storage-driver', 'overlay'],
    ];
  }

  static async open(): Promise<Containers> {
    return new Containers(await mkdtemp(join(tmpdir(), 'siem-export-image-')));
  }

  /** Runs podman; never throws. */
  async podman(...args: readonly string[]): Promise<Ended> {
    return await ended('podman', [
      ...this.#storage,
      '--cgroup-manager',
      'cgroupfs',
      '--runtime',
      'runc',
      ...args,
    ]);
  }

  /** A small Debian with the Node of this process and npm, as `name`. */
  async buildBase(name: string): Promise<void> {
    const tar = join(this.#folder, 'base.tar');
    await exec('mmdebstrap', [
      '--quiet',
      '--variant=essential',
      '--include=ca-certificates,libstdc++6',
      'bookworm',
      tar,
    ]);
    const container = (await this.#buildah('from', 'scratch')).trim();
    await this.#buildah('add', container, tar, '/');
    await this.#buildah('copy', container, process.execPath, '/usr/local/bin/node');
    await this.#buildah('copy', container, await npmFolder(), '/usr/local/lib/node_modules/npm');
    const npm = ['ln', '-s', '../lib/node_modules/npm/bin/npm-cli.js', '/usr/local/bin/npm'];
    await this.#buildah('run', '--isolation', 'chroot', container, ...npm);
    await this.#buildah('commit', '--rm', container, name);
    await rm(tar);
  }

  /** Builds the Dockerfile of this checkout on `base`, as `name`. npm asks the registry that it asks here. */
  async build(base: string, name: string): Promise<void> {
    const npmrc = join(this.#folder, 'npmrc');
    const authorities = process.env.NODE_EXTRA_CA_CERTS;
    const { stdout } = await exec('npm', ['config', 'get', 'registry'], { cwd: ROOT });
    await writeFile(
      npmrc,
      `registry=${stdout.trim()}\n${authorities === undefined ? '' : 'cafile=/run/ca.pem\n'}`,
    );
    await this.#buildah(
      ...['bud', '--isolation', 'chroot', '--format', 'docker', '--build-arg', `BASE_IMAGE=${base}`],
      ...['--volume', `${npmrc}:/root/.npmrc:ro`],
      ...(authorities === undefined ? [] : ['--volume', `${authorities}:/run/ca.pem:ro`]),
      ...['-t', name, ROOT],
    );
  }

  /** Writes a file that containers may read. Returns its path. */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.#folder, 'files', name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { mode: 0o644 });
    return path;
  }

  /** Ends all containers and removes everything. */
  async close(): Promise<void> {
    await this.podman('rm', '--force', '--all', '--time', '0');
    await this.podman('volume', 'rm', '--force', '--all');
    await ended('buildah', [...this.#storage, 'rm', '--all']);
    // Mounts that are left would let the removal reach into them.
    await this.podman('unmount', '--all');
    await this.podman('rmi', '--force', '--all');
    await ended('umount', [join(this.#folder, 'root', 'overlay')]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #buildah(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await ended('buildah', [...this.#storage, ...args]);
    if (code !== 0)
      throw new Error(`buildah ${args[0]} ended with ${code}:\n${out.slice(-4_000)}\n${err.slice(-4_000)}`);
    return out;
  }
}

async function ended(command: string, args: readonly string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await exec(command, args, { maxBuffer: 64 * 2 ** 20 });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : -1, out: stdout, err: stderr };
  }
}

/** The folder of the npm that is on the path. */
async function npmFolder(): Promise<string> {
  const folders = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'npm'));
  const found = folders.find((path) => existsSync(path));
  if (found === undefined) throw new Error('There is no npm on the path.');
  return dirname(dirname(await realpath(found)));
}
