import { access, constants, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Resident memory of a process, MiB. */
export interface Resident {
  /** Most at once since {@link forgetPeak}. */
  readonly peak: number;
  /** Now: what the process has made. */
  readonly anonymous: number;
  /** Now: what is mapped from files, mostly the program of Node, which many processes share. */
  readonly mapped: number;
}

/** Reads it as the kernel counts it: no sample can miss a peak. */
export async function residentOf(pid: number): Promise<Resident> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)![1]) / 1024);
  return { peak: mib('VmHWM'), anonymous: mib('RssAnon'), mapped: mib('RssFile') };
}

/** Begins the peak of a process anew. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Files of the memory controller, by version of cgroups: the limit, and where kills are counted. */
const VERSIONS = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', events: 'memory.oom_control' },
  { root: '/sys/fs/cgroup', limit: 'memory.max', events: 'memory.events' },
] as const;

/** A control group with a limit of memory. Page cache counts in it as well, but is given up before anything is killed. */
export class MemoryGroup {
  readonly #folder: string;
  readonly #events: string;

  private constructor(folder: string, events: string) {
    this.#folder = folder;
    this.#events = events;
  }

  /** Makes a group; undefined where this user may not, or the controller is not to be had. */
  static async create(name: string, maxBytes: number): Promise<MemoryGroup | undefined> {
    for (const { root, limit, events } of VERSIONS) {
      const folder = join(root, name);
      try {
        await access(join(root, 'cgroup.procs'), constants.W_OK);
        await mkdir(folder);
      } catch {
        continue;
      }
      const group = new MemoryGroup(folder, join(folder, events));
      try {
        await access(join(folder, limit), constants.W_OK);
        await writeFile(join(folder, limit), String(maxBytes));
        return group;
      } catch {
        await group.remove();
      }
    }
    return undefined;
  }

  /** Who writes its process id here is in the group. */
  get processes(): string {
    return join(this.#folder, 'cgroup.procs');
  }

  /** How many of its processes the kernel has killed for want of memory. */
  async kills(): Promise<number> {
    const text = await readFile(this.#events, 'utf8');
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  }

  /** Removes it. Its processes have ended. */
  async remove(): Promise<void> {
    await rmdir(this.#folder);
  }
}
