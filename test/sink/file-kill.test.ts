import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { prng } from '../support/prng.ts';
import { PER_SEGMENT, SEGMENTS } from './kill-stream.ts';
import { tempFolder } from './temp-folder.ts';

const WRITER = fileURLToPath(new URL('kill-writer.ts', import.meta.url));
const TOTAL = SEGMENTS * PER_SEGMENT;
/** How often the reader looks for more, milliseconds. */
const POLL_MS = 1;

/** Reads a folder of files as a forwarder does: each from where it was, and never again what it has read. */
class Tail {
  readonly #folder: string;
  readonly #files = new Map<string, { handle: FileHandle; offset: number; rest: Buffer }>();
  readonly #chunk = Buffer.alloc(256 * 1024);
  /** How often each entry was seen, by its number. */
  readonly seen = new Map<number, number>();
  lines = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads what is new. */
  async look(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const file = this.#files.get(name) ?? {
        handle: await open(join(this.#folder, name)),
        offset: 0,
        rest: Buffer.alloc(0),
      };
      this.#files.set(name, file);
      for (;;) {
        const { bytesRead } = await file.handle.read(this.#chunk, 0, this.#chunk.length, file.offset);
        if (bytesRead === 0) break;
        file.offset += bytesRead;
        file.rest = this.#take(Buffer.concat([file.rest, this.#chunk.subarray(0, bytesRead)]));
      }
    }
  }

  /** Bytes of lines that have not ended. */
  get torn(): number {
    return [...this.#files.values()].reduce((sum, { rest }) => sum + rest.length, 0);
  }

  async close(): Promise<void> {
    for (const { handle } of this.#files.values()) await handle.close();
  }

  #take(bytes: Buffer): Buffer {
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const { req_id: request } = JSON.parse(bytes.toString('utf8', start, end)) as { req_id: string };
      const n = Number(request.slice(1));
      this.seen.set(n, (this.seen.get(n) ?? 0) + 1);
      this.lines += 1;
      start = end + 1;
    }
    return bytes.subarray(start);
  }
}

/** Runs the writer until `tail` has seen `lines`, then kills it. The exit code, or null when it was killed. */
async function runUntil(folder: string, tail: Tail, lines: number): Promise<number | null> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child: ChildProcess = spawn(process.execPath, [...flags, WRITER, folder], { stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let over = false;
  void exited.then(() => {
    over = true;
  });
  while (!over) {
    await tail.look();
    if (tail.lines >= lines) child.kill('SIGKILL');
    await pause(POLL_MS);
  }
  const [code] = await exited;
  await tail.look();
  return code;
}

describe('file sink under kill -9', () => {
  it('fault 77: is killed again and again while it writes, and a reader that follows the files sees each line once', async () => {
    const folder = await tempFolder();
    const tail = new Tail(join(folder, 'out', 'acme'));
    onTestFinished(() => tail.close());
    const random = prng(77);
    let kills = 0;
    for (let part = 1; part <= 6; part += 1) {
      const lines = tail.lines + 1 + Math.floor(random() * (TOTAL / 12));
      if ((await runUntil(folder, tail, lines)) === null) kills += 1;
    }
    expect(kills).toBe(6);
    expect(tail.lines).toBeLessThan(TOTAL);
    expect(await runUntil(folder, tail, Number.POSITIVE_INFINITY)).toBe(0);
    expect(tail.torn).toBe(0);
    expect([...tail.seen.values()].filter((times) => times !== 1)).toEqual([]);
    expect([...tail.seen.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: TOTAL }, (_, n) => n));
  });
});
