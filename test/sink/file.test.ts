import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { FileSink } from '../../src/sink/file.ts';
import type { OutRecord, SinkState, SinkWriter } from '../../src/sink/sink.ts';
import { KeptLog } from '../shipper/scenario.ts';
import { sinkContract } from './contract.ts';
import { type Fate, FaultyFileSystem } from './faulty-file-system.ts';
import { batchOf, DAY, KeptContext, linesOf, NEVER, record, records, SOURCE } from './records.ts';
import { tempFolder } from './temp-folder.ts';

const FILE = `${DAY}.ndjson`;

sinkContract('file', async () => {
  const folder = await tempFolder();
  return {
    sink: new FileSink({ id: 'file', path: folder, log: new KeptLog() }),
    stored: async () => (await textsIn(folder)).join('').split('\n').slice(0, -1),
  };
});

/** Texts of all files of all sources; fails on anything else that lies about. */
async function textsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name !== SOURCE.id).sort();
  for (const name of names) expect(name).toMatch(/^acme\/(\d{4}-\d{2}-\d{2}|undated)\.ndjson$/);
  return await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

function textOf(list: readonly OutRecord[]): string {
  return linesOf(list)
    .map((line) => `${line}\n`)
    .join('');
}

/** A file sink, opened. */
class Scene {
  readonly folder: string;
  readonly fs = new FaultyFileSystem();
  readonly log = new KeptLog();
  readonly context = new KeptContext();
  readonly sink: FileSink;
  writer!: SinkWriter;

  static async open(): Promise<Scene> {
    const scene = new Scene(await tempFolder());
    await scene.restart();
    onTestFinished(async () => {
      await scene.writer.close();
      expect(scene.fs.openNow).toBe(0);
    });
    return scene;
  }

  constructor(folder: string) {
    this.folder = folder;
    this.sink = new FileSink({ id: 'file', path: folder, log: this.log, fs: this.fs });
  }

  /** Goes on as after a crash: with what is on record. */
  async restart(): Promise<void> {
    await this.writer?.close();
    this.writer = await this.sink.open(this.context);
  }

  async write(list: readonly OutRecord[]): Promise<void> {
    expect(await this.writer.write(batchOf(list), NEVER)).toEqual({ retry: [], refused: [] });
  }

  async save(): Promise<void> {
    this.context.keep(await this.writer.flush(NEVER));
  }

  path(name = FILE): string {
    return join(this.folder, SOURCE.id, name);
  }

  text(name = FILE): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** Calls of one kind so far. */
  count(op: string): number {
    return this.fs.calls.filter((call) => call.op === op).length;
  }
}

/** The next `times` calls of `op` end as `fate` says. */
function next(scene: Scene, op: string, fate: Fate, times = 1): void {
  let left = times;
  scene.fs.fateOf = (call) => {
    if (call.op !== op || left === 0) return undefined;
    left -= 1;
    return fate;
  };
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: test`), { code });
}

describe('file: where lines go', () => {
  it('gives each day of event time a file, and one to records without a usable date', async () => {
    const scene = await Scene.open();
    const list = [record(0, DAY), record(1, '2026-01-02'), record(2, undefined), record(3, DAY)];
    await scene.write(list);
    expect(await scene.text()).toBe(textOf([list[0]!, list[3]!]));
    expect(await scene.text('2026-01-02.ndjson')).toBe(textOf([list[1]!]));
    expect(await scene.text('undated.ndjson')).toBe(textOf([list[2]!]));
    expect(await textsIn(scene.folder)).toHaveLength(3);
  });

  it('takes nothing but a date from a record into a file name', async () => {
    const scene = await Scene.open();
    const dates = ['../../etc/passwd', '2026-01-01/../x', '2026-01-01\n', '', '+12026-01-01'];
    const list = dates.map((date, n) => record(n, date));
    await scene.write(list);
    expect(await scene.text('undated.ndjson')).toBe(textOf(list));
    expect(await textsIn(scene.folder)).toHaveLength(1);
  });

  it('refuses a source id that could leave the folder', async () => {
    const sink = new FileSink({ id: 'file', path: await tempFolder(), log: new KeptLog() });
    const context = { ...new KeptContext(), source: { id: '../acme', chainId: 'aa' }, state: undefined };
    await expect(sink.open(context)).rejects.toMatchObject({ code: 'sink.source_id', exitCode: 2 });
  });

  it('writes one call a file and batch, and syncs only when flushed', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 1));
    const before = scene.fs.calls.length;
    await scene.write(records(1, 500));
    expect(scene.fs.calls.slice(before).map(({ op }) => op)).toEqual(['facts', 'write']);
    await scene.save();
    expect(scene.fs.calls.at(-1)?.op).toBe('sync');
  });

  it('puts all new files of a batch on record in one save, before the first byte goes into any', async () => {
    const scene = await Scene.open();
    const sizes: number[] = [];
    const saveState = async (state: SinkState) => {
      for (const name of Object.keys(state.files as object)) sizes.push((await stat(scene.path(name))).size);
    };
    const writer = await scene.sink.open({ source: SOURCE, state: undefined, saveState });
    onTestFinished(() => writer.close());
    await writer.write(batchOf([record(0, DAY), record(1, '2026-01-02'), record(2, undefined)]), NEVER);
    expect(sizes).toEqual([0, 0, 0]);
  });

  it('keeps 64 files on record and at most 32 open, and loses nothing of the rest', async () => {
    const scene = await Scene.open();
    const list = Array.from({ length: 200 }, (_, n) => {
      return record(n, new Date(Date.UTC(2026, 0, 1 + (n % 100))).toISOString().slice(0, 10));
    });
    for (let at = 0; at < list.length; at += 40) {
      await scene.write(list.slice(at, at + 40));
      await scene.save();
      expect(Object.keys(scene.context.state?.files as object).length).toBeLessThanOrEqual(64);
      expect(scene.fs.openNow).toBe(32);
    }
    // Each file was written twice, and synced before it was closed.
    expect(scene.count('sync')).toBe(200);
    const texts = await textsIn(scene.folder);
    expect(texts).toEqual(Array.from({ length: 100 }, (_, n) => textOf([list[n]!, list[n + 100]!])));
  });
});

describe('file: after a crash', () => {
  it('completes a torn line instead of cutting it', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 2));
    await scene.save();
    const torn = textOf(records(2, 4));
    await appendFile(scene.path(), Buffer.from(torn).subarray(0, -9));
    await scene.restart();
    await scene.write(records(2, 4));
    expect(await scene.text()).toBe(textOf(records(0, 4)));
    expect(scene.count('truncate')).toBe(0);
  });

  it('cuts back to the start of the line that differs, and says so', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 2));
    await scene.save();
    await appendFile(scene.path(), `${textOf(records(2, 3))}{"n":3,"text":"not what is due"}\n{"more":1}\n`);
    await scene.restart();
    await scene.write(records(2, 5));
    expect(await scene.text()).toBe(textOf(records(0, 5)));
    expect(scene.log.of('warn')).toEqual([expect.stringContaining('cut off')]);
  });

  it('cuts at the end of a line, so that no reader meets a part of one while the disk is full', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 2));
    await scene.save();
    await appendFile(scene.path(), `${textOf(records(2, 3))}{"n":3,"text":"not what is due"}\n`);
    await scene.restart();
    next(scene, 'write', { error: errno('ENOSPC'), done: 'nothing' });
    await expect(scene.writer.write(batchOf(records(2, 5)), NEVER)).rejects.toThrow();
    expect(await scene.text()).toBe(textOf(records(0, 3)));
  });

  it('remembers every file that may hold lines of before, however many there are', async () => {
    const scene = await Scene.open();
    const list = Array.from({ length: 70 }, (_, n) => {
      return record(n, new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10));
    });
    await scene.write(list);
    await scene.restart();
    for (let at = 0; at < list.length; at += 7) {
      await scene.write(list.slice(at, at + 7));
      await scene.save();
    }
    expect(await textsIn(scene.folder)).toEqual(list.map((one) => textOf([one])));
  });

  it('mends a tail of zeros, as power loss may leave one', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 2));
    await scene.save();
    await appendFile(scene.path(), Buffer.alloc(300_000));
    await scene.restart();
    await scene.write(records(2, 3));
    expect(await scene.text()).toBe(textOf(records(0, 3)));
  });

  it('compares what is larger than its buffer', async () => {
    const scene = await Scene.open();
    const large = [record(0, DAY, 'x'.repeat(300_000)), record(1, DAY, 'y'.repeat(300_000))];
    await scene.write(large);
    await scene.restart();
    await scene.write([...large, record(2, DAY)]);
    expect(await scene.text()).toBe(textOf([...large, record(2, DAY)]));
    expect(scene.log.of('warn')).toEqual([]);
  });

  it('refuses a damaged state rather than guess', async () => {
    const scene = await Scene.open();
    for (const files of [7, { '../x': { offset: 0, inode: '1' } }, { [FILE]: { offset: -1, inode: '1' } }]) {
      scene.context.keep({ files });
      await expect(scene.restart()).rejects.toMatchObject({ code: 'sink.state_damaged', exitCode: 6 });
    }
  });
});

describe('file: rotation', () => {
  it('goes on in a new file when the old one was renamed away, running', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await rename(scene.path(), scene.path('old'));
    await scene.write(records(3, 5));
    expect(await scene.text('old')).toBe(textOf(records(0, 3)));
    expect(await scene.text()).toBe(textOf(records(3, 5)));
    expect(scene.log.of('warn')).toEqual([expect.stringContaining('rotated')]);
  });

  it('has synced what went into the renamed file before it puts the new one on record', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await rename(scene.path(), scene.path('old'));
    const before = scene.fs.calls.length;
    await scene.write(records(3, 4));
    const ops = scene.fs.calls.slice(before).map(({ op }) => op);
    expect(ops.indexOf('sync')).toBeGreaterThanOrEqual(0);
    expect(ops.indexOf('sync')).toBeLessThan(ops.indexOf('open'));
  });

  it('goes on in a new file when the old one was renamed away, stopped', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await scene.save();
    await rename(scene.path(), scene.path('old'));
    await scene.restart();
    await scene.write(records(3, 5));
    expect(await scene.text()).toBe(textOf(records(3, 5)));
  });

  it('goes on behind what is in a file that took the place of the old one', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await scene.save();
    await rename(scene.path(), scene.path('old'));
    await writeFile(scene.path(), '{"from":"another"}\n'.repeat(100));
    await scene.write(records(3, 5));
    expect(await scene.text()).toBe(`${'{"from":"another"}\n'.repeat(100)}${textOf(records(3, 5))}`);
    await scene.restart();
    await scene.write(records(3, 6));
    expect(await scene.text()).toBe(`${'{"from":"another"}\n'.repeat(100)}${textOf(records(3, 6))}`);
  });

  it('is not deceived by a file of the same size in the place of the old one', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    const twin = textOf(records(0, 3)).replaceAll('text', 'TEXT');
    await rename(scene.path(), scene.path('old'));
    await writeFile(scene.path(), twin);
    await scene.write(records(3, 5));
    expect(await scene.text()).toBe(`${twin}${textOf(records(3, 5))}`);
    expect(await scene.text('old')).toBe(textOf(records(0, 3)));
  });

  it('goes on at the beginning of a file that was copied and cut, without a hole', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await truncate(scene.path(), 0);
    await scene.write(records(3, 5));
    expect(await scene.text()).toBe(textOf(records(3, 5)));
    await scene.save();
    await truncate(scene.path(), 0);
    await scene.restart();
    await scene.write(records(5, 6));
    expect(await scene.text()).toBe(textOf(records(5, 6)));
  });

  it('makes the folder anew when it was removed', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await rm(join(scene.folder, SOURCE.id), { recursive: true });
    await scene.write(records(3, 5));
    expect(await scene.text()).toBe(textOf(records(3, 5)));
  });

  it('is not stuck when the folder is removed while a file is made in it', async () => {
    const scene = await Scene.open();
    const folder = join(scene.folder, SOURCE.id);
    const real = scene.fs.syncFolder.bind(scene.fs);
    let removed = false;
    scene.fs.syncFolder = async (path) => {
      if (!removed) await rm(folder, { recursive: true });
      removed = true;
      await real(path);
    };
    await scene.writer.write(batchOf(records(0, 3)), NEVER).catch(() => {});
    await scene.write(records(0, 3));
    expect(await scene.text()).toBe(textOf(records(0, 3)));
  });

  it('goes on behind what somebody else wrote, and calls for an operator', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    await appendFile(scene.path(), '{"foreign":1}\n');
    await scene.write(records(3, 5));
    expect(await scene.text()).toBe(`${textOf(records(0, 3))}{"foreign":1}\n${textOf(records(3, 5))}`);
    expect(scene.log.of('error')).toEqual([expect.stringContaining('somebody else')]);
  });
});

describe('file: trouble with the disk', () => {
  it('goes on after short writes', async () => {
    const scene = await Scene.open();
    next(scene, 'write', { shortBytes: 7 }, 5);
    await scene.write(records(0, 3));
    expect(await scene.text()).toBe(textOf(records(0, 3)));
  });

  it('fault 73: is full in the middle of a line, says so, and the retry completes it', async () => {
    const scene = await Scene.open();
    const list = [...records(0, 3), record(3, '2026-01-02'), ...records(4, 6)];
    for (const done of ['nothing', 'half', 'all'] as const) {
      next(scene, 'write', { error: errno('ENOSPC'), done });
      const written = scene.writer.write(batchOf(list), NEVER);
      await expect(written).rejects.toMatchObject({ code: 'sink.full', retryable: true });
    }
    await scene.write(list);
    expect(await scene.text()).toBe(textOf([...records(0, 3), ...records(4, 6)]));
    expect(await scene.text('2026-01-02.ndjson')).toBe(textOf([record(3, '2026-01-02')]));
    expect(scene.count('truncate')).toBe(0);
  });

  it('fault 73: fails at every call of a batch in turn, and the retry always mends it', async () => {
    const list = [record(0, DAY), record(1, '2026-01-02'), record(2, undefined), record(3, DAY)];
    const failed = new Set<string>();
    let fired = true;
    for (let k = 1; fired; k += 1) {
      const scene = await Scene.open();
      const first = scene.fs.calls.length;
      fired = false;
      scene.fs.fateOf = ({ n, op }) => {
        if (n !== first + k) return undefined;
        fired = true;
        // A failed sync is another matter: see below.
        if (op === 'sync') return undefined;
        failed.add(op);
        return { error: errno('EIO'), done: 'half' };
      };
      const error = await scene.writer.write(batchOf(list), NEVER).then(
        () => undefined,
        (error: unknown) => error,
      );
      scene.fs.fateOf = () => undefined;
      if (error !== undefined) {
        expect(error).toMatchObject({ code: 'sink.io', retryable: true });
        await scene.write(list);
      }
      const texts = [textOf([list[0]!, list[3]!]), textOf([list[1]!]), textOf([list[2]!])];
      expect(await textsIn(scene.folder), `call ${k}`).toEqual(texts);
    }
    expect([...failed].sort()).toEqual(['facts', 'open', 'stat', 'syncFolder', 'write']);
  });

  it('fault 73: writes nothing into a file that cannot go on record, and goes on when it can', async () => {
    const scene = await Scene.open();
    const full = new ConnectorError('full', { code: 'store.full', retryable: true });
    const saveState = vi.spyOn(scene.context, 'saveState').mockRejectedValueOnce(full);
    await expect(scene.writer.write(batchOf(records(0, 3)), NEVER)).rejects.toBe(full);
    expect(await scene.text()).toBe('');
    await scene.write(records(0, 3));
    expect(saveState).toHaveBeenCalledTimes(2);
    expect(await scene.text()).toBe(textOf(records(0, 3)));
  });

  it('fault 73: says nothing is durable any more after a failed sync', async () => {
    const scene = await Scene.open();
    await scene.write(records(0, 3));
    next(scene, 'sync', { error: errno('EIO'), done: 'nothing' });
    const failed = { code: 'sink.sync_failed', retryable: false };
    await expect(scene.writer.flush(NEVER)).rejects.toMatchObject(failed);
    await expect(scene.writer.flush(NEVER)).rejects.toMatchObject(failed);
    await expect(scene.writer.write(batchOf(records(3, 4)), NEVER)).rejects.toMatchObject(failed);
  });

  it('fault 74: refuses a read-only file system with exit code 2', async () => {
    const scene = await Scene.open();
    next(scene, 'open', { error: errno('EROFS'), done: 'nothing' });
    await expect(scene.sink.check(NEVER)).rejects.toMatchObject({ code: 'sink.read_only', exitCode: 2 });
  });

  it('fault 78: tries again when no more files can be opened', async () => {
    const scene = await Scene.open();
    next(scene, 'open', { error: errno('EMFILE'), done: 'nothing' });
    const written = scene.writer.write(batchOf(records(0, 3)), NEVER);
    await expect(written).rejects.toMatchObject({ code: 'sink.io', retryable: true });
    await scene.write(records(0, 3));
    expect(await scene.text()).toBe(textOf(records(0, 3)));
  });

  it('is tried in the nearest folder there is, and names what stands in the way', async () => {
    const folder = await tempFolder();
    const at = (path: string) => new FileSink({ id: 'file', path, log: new KeptLog() });
    await at(join(folder, 'not', 'yet')).check(NEVER);
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    await expect(at(join(folder, 'file', 'sub')).check(NEVER)).rejects.toMatchObject({ exitCode: 2 });
    await mkdir(join(folder, 'acme', FILE), { recursive: true });
    const writer = await at(folder).open(new KeptContext());
    onTestFinished(() => writer.close());
    await expect(writer.write(batchOf(records(0, 1)), NEVER)).rejects.toMatchObject({
      code: 'sink.permission',
    });
  });
});
