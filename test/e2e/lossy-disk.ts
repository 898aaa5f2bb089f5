import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findCommand, Unavailable } from '../servers/cache.ts';
import { run, ServerProcess } from '../servers/process.ts';

const SBIN = ['/usr/sbin', '/sbin'];
/** From here on mkfs.ext4 makes a file system like that of a real disk. The image is sparse. */
const IMAGE_BYTES = 1024 ** 3;
const COMMAND_MS = 30_000;

/** An ext4 file system of its own in an image file, whose power can be lost. Needs root on Linux. */
export class LossyDisk {
  readonly #image: string;
  /** Where it is mounted. */
  readonly folder: string;
  #mounted = false;

  private constructor(path: string) {
    this.#image = `${path}.img`;
    this.folder = path;
  }

  /** Makes an empty one at `path`, with its image beside it; it is not mounted. */
  static async create(path: string): Promise<LossyDisk> {
    const disk = new LossyDisk(path);
    await writeFile(disk.#image, '');
    await truncate(disk.#image, IMAGE_BYTES);
    await mkdir(path);
    await command('mkfs.ext4', ['-q', '-F', disk.#image]);
    return disk;
  }

  /** Mounts it; what ext4 has on record of changes under way is brought to an end. */
  async mount(options: string): Promise<void> {
    await command('mount', ['-t', 'ext4', '-o', `loop,${options}`, this.#image, this.folder]);
    this.#mounted = true;
  }

  /** Idempotent. The loop device ends with it. */
  async unmount(): Promise<void> {
    if (!this.#mounted) return;
    await command('umount', [this.folder]);
    this.#mounted = false;
  }

  /** Unmounts it, at the latest when nobody uses it any more, and deletes the image. */
  async remove(): Promise<void> {
    try {
      await this.unmount();
    } catch {
      await command('umount', ['--lazy', this.folder]);
    }
    await rm(this.#image);
    await rm(this.folder, { recursive: true });
  }
}

/** What takes the power from file systems, once. */
export class PowerSwitch {
  readonly #process: ServerProcess;
  /** A process that writes its id here loses the power, and is killed. */
  readonly pipe: string;

  private constructor(process: ServerProcess, pipe: string) {
    this.#process = process;
    this.pipe = pipe;
  }

  /** Ready when it resolves. Right before the loss `control` goes into a file of this name on each disk, unsynced. */
  static async start(pipe: string, control: string, disks: readonly LossyDisk[]): Promise<PowerSwitch> {
    const script = join(import.meta.dirname, 'power-switch.py');
    const process = new ServerProcess('power switch', {
      command: findCommand('python3'),
      args: [script, pipe, control, ...disks.map(({ folder }) => folder)],
      cwd: import.meta.dirname,
      env: globalThis.process.env,
    });
    await process.until(() => process.output().includes('ready'), COMMAND_MS);
    return new PowerSwitch(process, pipe);
  }

  /** Resolves when it has done its work. Rejects with its output when it could not. */
  async done(): Promise<void> {
    const how = await this.#process.exited;
    await rm(this.pipe);
    if (how !== 0) throw new Error(`power switch: ${how}: ${this.#process.output()}`);
  }

  /** Ends it if it still waits. Idempotent. */
  async stop(): Promise<void> {
    if (this.#process.running) await this.#process.kill();
    await rm(this.pipe, { force: true });
  }
}

/** Makes sure that this machine can lose the power of a disk. Rejects with `Unavailable`, which says why not. */
export async function needLossyDisks(): Promise<void> {
  if (process.platform !== 'linux') throw new Unavailable('ext4 needs Linux');
  if (process.getuid?.() !== 0) throw new Unavailable('mounting needs root');
  findCommand('python3');
  for (const name of ['mkfs.ext4', 'mount', 'umount']) findCommand(name, SBIN);
  const folder = await mkdtemp(join(tmpdir(), 'siem-export-power-probe-'));
  let disk: LossyDisk | undefined;
  try {
    disk = await LossyDisk.create(join(folder, 'probe'));
    await disk.mount('defaults');
  } catch (error) {
    throw new Unavailable(`no loop mount of ext4: ${(error as Error).message}`);
  } finally {
    await disk?.remove();
    await rm(folder, { recursive: true });
  }
}

async function command(name: string, args: readonly string[]): Promise<void> {
  const { env } = process;
  await run(name, { command: findCommand(name, SBIN), args, cwd: '/', env }, COMMAND_MS);
}
