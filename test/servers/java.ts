import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findCommand, Unavailable } from './cache.ts';

const JVM_FOLDER = '/usr/lib/jvm';

/** The home folder of the oldest installed Java whose major version is in the range. Throws `Unavailable`. */
export function findJava(least: number, most = 999): string {
  const homes = new Set([process.env.SERVERS_JAVA_HOME, process.env.JAVA_HOME, javaOfPath()]);
  if (existsSync(JVM_FOLDER)) for (const name of readdirSync(JVM_FOLDER)) homes.add(join(JVM_FOLDER, name));
  const usable = [...homes]
    .flatMap((home) => (home ? [{ home, major: majorVersion(home) }] : []))
    .filter(({ major }) => major >= least && major <= most)
    .sort((a, b) => a.major - b.major);
  if (usable[0] !== undefined) return usable[0].home;
  throw new Unavailable(`no Java ${least}${most < 999 ? ` to ${most}` : ' or newer'} on this machine`);
}

function javaOfPath(): string | undefined {
  try {
    return dirname(dirname(realpathSync(findCommand('java'))));
  } catch {
    return undefined;
  }
}

/** As its `release` file tells; 0 when this is no Java. */
function majorVersion(home: string): number {
  const file = join(home, 'release');
  if (!existsSync(file) || !existsSync(join(home, 'bin', 'java'))) return 0;
  return Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
}
