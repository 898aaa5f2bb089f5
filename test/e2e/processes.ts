import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MAIN, ROOT, readShipped } from '../support/shipped.ts';

export { ROOT };

const FLAGS = ['--disable-warning=ExperimentalWarning'];

/** Child processes of a test; `killAll` leaves none behind. */
export class Processes {
  readonly #children = new Set<ChildProcess>();

  /**
   * Starts `src/<script>` with TypeScript sources as they are; with `CONNECTOR_BUILT=1` in the environment the connector
   * is what was built.
   */
  start(script: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const isBuilt = script === 'main.ts' && process.env.CONNECTOR_BUILT === '1';
    return this.#keep(
      spawn(process.execPath, [...FLAGS, isBuilt ? MAIN : join(ROOT, 'src', script), ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
      }),
    );
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /**
   * Starts the connector as it is shipped: built, with the flags and the settings of memory that its first line names.
   *
   * @param group file of a control group that it is to be in from its first instruction on
   */
  async startBuilt(args: readonly string[], group?: string): Promise<ChildProcess> {
    await access(MAIN).catch(() => {
      throw new Error(
        'There is no dist/main.js: this test is of what is shipped. Run `npm run build` first.',
      );
    });
    const { flags, env } = readShipped();
    const command = [process.execPath, ...flags, MAIN, ...args];
    const shell = ['-c', 'test -z "$0" || echo $$ > "$0"; exec "$@"', group ?? '', ...command];
    return this.#keep(
      spawn('sh', shell, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } }),
    );
  }

  /** Runs the connector to its end. */
  async run(
    args: readonly string[],
    input = '',
    env: Record<string, string> = {},
  ): Promise<{ code: number | null; out: string; err: string }> {
    const child = this.start('main.ts', args, env);
    const out = collect(child.stdout!);
    const err = collect(child.stderr!);
    child.stdin!.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out: out(), err: err() };
  }

  /** Kills what is still there and waits for its end. */
  async killAll(): Promise<void> {
    await Promise.all(
      [...this.#children].map(async (child) => {
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      }),
    );
  }
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** First line that a child prints. */
export async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}
