import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process is started with. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs as this user and group. Needs root. */
  readonly uid?: number | undefined;
}

const OUTPUT_CHARS = 65_536;
const POLL_MS = 25;
const STOP_MS = 20_000;
const GONE_MS = 10_000;

/**
 * Runs its arguments as the leader of the group, beside a watcher in the same group that holds the pipe from the
 * test process: when that ends, however it ends, the pipe closes and the watcher kills the group. The watcher
 * outlives SIGTERM, so that a slow stop is watched too.
 */
const WATCHED = `exec 3<&0 </dev/null
(trap '' TERM INT HUP; cat <&3; kill -KILL 0) >/dev/null 2>&1 &
exec 3<&-
exec "$@"`;

const live = new Set<ServerProcess>();
process.on('exit', () => {
  for (const one of live) one.signal('SIGKILL');
});

/** A process with a group of its own, none of which outlives the test process. */
export class ServerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  #output = '';
  #ended: number | string | undefined;

  constructor(name: string, options: ProcessOptions) {
    const { command, args, cwd, env, uid } = options;
    this.#name = name;
    this.#child = spawn('/bin/sh', ['-c', WATCHED, 'sh', command, ...args], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    live.add(this);
    this.#child.stdin.on('error', () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-OUTPUT_CHARS);
      });
    }
    this.exited = new Promise((resolve) => {
      const end = (how: number | string): void => {
        // The watcher and what else the leader left: the group's id is theirs until they end.
        this.signal('SIGKILL');
        this.#ended = how;
        live.delete(this);
        resolve(how);
      };
      this.#child.once('exit', (code, signal) => end(code ?? signal ?? 'unknown'));
      this.#child.once('error', (error) => {
        this.#output += error.message;
        end('not started');
      });
    });
  }

  /** Of the group's leader, and the group's id. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#ended === undefined;
  }

  /** The end of what it wrote, 64 Ki characters at most. */
  output(): string {
    return this.#output;
  }

  /** To the whole group. Nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (this.#ended === undefined && this.#child.pid !== undefined) signalGroup(this.#child.pid, signal);
  }

  /** Resolves once `check` holds. Rejects with the output, and kills the group, when it ends before or is late. */
  async until(check: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const held = await check();
      if (this.#ended !== undefined) throw this.#failure(`ended (${this.#ended})`);
      if (held) return;
      if (performance.now() > deadline) {
        await this.kill();
        throw this.#failure(`is not ready after ${timeoutMs} ms`);
      }
      await sleep(POLL_MS);
    }
  }

  /** SIGTERM, then SIGKILL when it does not end. Resolves when none of the group is left. */
  async stop(graceMs = STOP_MS): Promise<void> {
    this.signal('SIGTERM');
    const hard = setTimeout(() => this.signal('SIGKILL'), graceMs);
    await this.exited;
    clearTimeout(hard);
    await this.#gone();
  }

  /** SIGKILL. Resolves when none of the group is left. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
    await this.#gone();
  }

  async #gone(): Promise<void> {
    const deadline = performance.now() + GONE_MS;
    while (groupRuns(this.pid)) {
      if (performance.now() > deadline) throw this.#failure(`left a process in group ${this.pid}`);
      await sleep(POLL_MS);
    }
  }

  #failure(what: string): Error {
    return new Error(`${this.#name} ${what}. Its output ends with:\n${this.#output}`);
  }
}

/** Whether a process of this group runs. One that has ended, and waits for its parent to notice, does not. */
export function groupRuns(pid: number): boolean {
  if (pid <= 0 || !signalGroup(pid, 0)) return false;
  const all = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  const members = all.map(processStat).filter((stat) => Number(stat[2]) === pid);
  // No /proc, or none of them left since: the signal has told.
  if (members.length === 0) return signalGroup(pid, 0);
  return members.some((stat) => stat[0] !== 'Z' || Number(stat[17]) > 1);
}

/** What /proc tells of a process: 0 its state, 2 its group, 17 its number of threads. Empty when it is gone. */
function processStat(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Runs a command to its end. Rejects with its output when it fails or takes too long. */
export async function run(name: string, options: ProcessOptions, timeoutMs: number): Promise<string> {
  const child = new ServerProcess(name, options);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.signal('SIGKILL');
  }, timeoutMs);
  const how = await child.exited;
  clearTimeout(timer);
  if (how === 0) return child.output();
  const what = late ? `took longer than ${timeoutMs} ms` : `failed (${how})`;
  throw new Error(`${name} ${what}: ${child.output().trim()}`);
}

/** Whether something listens on this port of 127.0.0.1. */
export async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * A free port of 127.0.0.1, from below the range that outgoing connections use: a server that is down for a while
 * finds its port free again, and a client that tries meanwhile cannot connect to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}
