import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from './process.ts';

const FETCH_MS = 20 * 60_000;

/** A server that this machine cannot have: the message says why. */
export class Unavailable extends Error {}

/** Where fetched servers are kept. Nothing but this harness writes there, and all of it may be deleted. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'clarifai-siem-export', 'servers');
}

/**
 * The folder `name` of the cache. When it is not there, `fill` fills a temporary folder that then takes its name, so
 * that it is there whole or not at all; a second process waits for the first. Throws `Unavailable` when `fill` fails.
 * Says on stderr that it fetches.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const release = await lock(join(cache, `${name}.lock`));
  try {
    if (existsSync(folder)) return folder;
    const partial = `${name}.partial-`;
    for (const left of readdirSync(cache)) {
      if (left.startsWith(partial)) rmSync(join(cache, left), { recursive: true });
    }
    const temporary = join(cache, `${partial}${process.pid}`);
    mkdirSync(temporary);
    process.stderr.write(`fetching ${name}: once, can take minutes\n`);
    try {
      await fill(temporary);
      renameSync(temporary, folder);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw error instanceof Unavailable ? error : new Unavailable((error as Error).message);
    }
    return folder;
  } finally {
    release();
  }
}

/** Held by a child whose standard input is this process: the kernel frees it when either of them ends. */
async function lock(file: string): Promise<() => void> {
  const args = ['--exclusive', file, 'sh', '-c', 'echo held; exec cat >/dev/null'];
  const child = spawn(findCommand('flock'), args, { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  child.stdin.on('error', () => {});
  const ended = once(child, 'exit').then(() => {
    throw new Unavailable(`flock cannot lock ${file}`);
  });
  await Promise.race([once(child.stdout, 'data'), ended]);
  ended.catch(() => {});
  return () => child.stdin.end();
}

/** The path of a command, from PATH and the folders given. Throws `Unavailable` when it is not installed. */
export function findCommand(name: string, folders: readonly string[] = []): string {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...folders]) {
    const path = join(folder, name);
    try {
      if (folder === '') continue;
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder.
    }
  }
  throw new Unavailable(`no ${name} command on this machine`);
}

/** Builds a Go program into the cache. Resolves with the path of its binary. */
export async function goProgram(name: string, pkg: string, binary: string): Promise<string> {
  const folder = await cached(name, async (temporary) => {
    const command = findCommand('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
    const env = { ...process.env, GOBIN: temporary, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };
    await run(`go install ${pkg}`, { command, args: ['install', pkg], cwd: temporary, env }, FETCH_MS);
  });
  return join(folder, binary);
}

/** Unpacks a distribution that pom.xml names into the cache. Resolves with its home folder. */
export async function mavenDistribution(name: string): Promise<string> {
  const folder = await cached(name, async (temporary) => {
    const pom = join(import.meta.dirname, 'pom.xml');
    const args = ['-B', '-ntp', '-q', '-f', pom, `dependency:unpack@${name}`, `-Dfolder=${temporary}`];
    const command = findCommand('mvn');
    await run(`mvn ${name}`, { command, args, cwd: temporary, env: process.env }, FETCH_MS);
    // The server runs as another user when this process is root.
    const chmod = { command: findCommand('chmod'), args: ['-R', 'a+rX', temporary] };
    await run('chmod', { ...chmod, cwd: temporary, env: process.env }, 60_000);
  });
  return join(folder, name);
}
