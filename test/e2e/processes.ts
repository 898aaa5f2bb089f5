import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Folder of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

const FLAGS = ['--disable-warning=ExperimentalWarning'];

/** Child processes of a test; `killAll` leaves none behind. */
export class Processes {
  readonly #children = new Set<ChildProcess>();

  /** Starts `src/<script>` with TypeScript sources as they are. */
  start(script: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [...FLAGS, join(ROOT, 'src', script), ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
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
