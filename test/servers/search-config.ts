import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type SearchKind = 'elasticsearch' | 'opensearch';

/** Lines of the server's own settings file. */
export type SearchSettings = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A user of Basic auth. */
export interface SearchUser {
  readonly username: string;
  readonly password: string;
}

/** What a search server is configured with. */
export interface SearchConfig {
  readonly kind: SearchKind;
  readonly port: number;
  /** Largest heap, as Java writes it. */
  readonly heap: string;
  /** The one user, who may do everything. Undefined: nobody is asked who they are. */
  readonly security: SearchUser | undefined;
  /** With `server.pem` and `server.key`, which are in the config folder. */
  readonly tls: boolean;
  /** Go before all others. */
  readonly settings: SearchSettings;
}

const LOG4J = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** For a small server that starts fast. */
export function jvmOptions(heap: string, work: string): string[] {
  const sizes = ['-Xms128m', `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const tmp = `-Djava.io.tmpdir=${join(work, 'tmp')}`;
  return [...sizes, '-XX:-AlwaysPreTouch', '--add-modules=jdk.incubator.vector', tmp];
}

/** Writes the files of `config` in the folder of a server, beside `data`, `logs` and `tmp`. */
export function writeSearchConfig(work: string, config: SearchConfig): void {
  const { kind, heap, security } = config;
  const folder = join(work, 'config');
  const lines = Object.entries(allSettings(work, config)).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}\n`,
  );
  const files: Record<string, string> = {
    [`${kind}.yml`]: lines.join(''),
    'jvm.options': `${jvmOptions(heap, work).join('\n')}\n`,
    'log4j2.properties': LOG4J,
  };
  if (security !== undefined) {
    files.users = `${security.username}:${passwordHash(security.password)}\n`;
    files.users_roles = `superuser:${security.username}\n`;
  }
  mkdirSync(join(folder, 'jvm.options.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function allSettings(work: string, { kind, port, security, tls, settings }: SearchConfig): SearchSettings {
  const secured = kind === 'elasticsearch' ? { 'xpack.security.enabled': security !== undefined } : {};
  const encrypted = {
    'xpack.security.http.ssl.enabled': true,
    'xpack.security.http.ssl.certificate': 'server.pem',
    'xpack.security.http.ssl.key': 'server.key',
  };
  return {
    'node.name': 'n1',
    'discovery.type': 'single-node',
    'http.host': '127.0.0.1',
    'http.port': port,
    'transport.host': '127.0.0.1',
    'transport.port': 0,
    'path.data': join(work, 'data'),
    'path.logs': join(work, 'logs'),
    'cluster.routing.allocation.disk.threshold_enabled': false,
    ...secured,
    ...(tls ? encrypted : {}),
    ...settings,
  };
}

/** As its file of users wants it. */
function passwordHash(password: string): string {
  const rounds = 10_000;
  const salt = randomBytes(32);
  const hash = pbkdf2Sync(password, salt, rounds, 32, 'sha512');
  return `{PBKDF2}${rounds}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
