import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type DirectoryStore, openDirectoryStore } from '../../src/store/directory.ts';
import { describeStore } from './contract.ts';
import { errno, FaultyFs, ProcessDied } from './faulty-fs.ts';

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'store-'));
  folders.push(path);
  return join(path, 'data');
}

const noLinks = (_: number, operation: string) => (operation === 'link' ? errno('EPERM') : undefined);

describeStore('directory', async () => openDirectoryStore(await folder()));
describeStore('directory without hard links', async () =>
  openDirectoryStore(await folder(), new FaultyFs(noLinks)),
);

const body = Buffer.from('the body');
const key = 's/segments/1';

/** Writes once; how many file system calls that takes. */
async function countCalls(write: (store: DirectoryStore) => Promise<unknown>): Promise<string[]> {
  const fs = new FaultyFs();
  await write(openDirectoryStore(await folder(), fs));
  return fs.calls;
}

const put = (store: DirectoryStore) => store.putIfAbsent(key, body);
const replace = (store: DirectoryStore) => store.replace(key, body, undefined);

async function filesIn(path: string): Promise<string[]> {
  return (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map(({ name }) => name);
}

describe('directory store', () => {
  it('creates nothing before the first write', async () => {
    const path = await folder();
    const store = openDirectoryStore(path);
    expect(await store.get('a')).toBeUndefined();
    expect(await store.list('')).toEqual([]);
    await expect(readdir(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('syncs the file before it appears and the folder after', async () => {
    const calls = await countCalls(put);
    const link = calls.indexOf('link');
    expect(calls.slice(0, link).lastIndexOf('sync file')).toBeGreaterThan(calls.indexOf('write'));
    expect(calls.slice(link)).toContain('sync folder');
  });

  it('keeps the object that another process created in the meantime', async () => {
    const path = await folder();
    const [one, other] = [openDirectoryStore(path), openDirectoryStore(path)];
    const won = await Promise.all([
      one.putIfAbsent(key, Buffer.from('1')),
      other.putIfAbsent(key, Buffer.from('2')),
    ]);
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await one.get(key))?.body.toString()).toBe(won[0] ? '1' : '2');
  });

  it('does not make its folder again when it was emptied under it', async () => {
    const path = await folder();
    const store = openDirectoryStore(path);
    await store.putIfAbsent(key, body);
    await rm(path, { recursive: true });
    await expect(store.putIfAbsent('s/segments/2', body)).rejects.toMatchObject({ code: 'store.io' });
  });

  it.each([
    ['ENOSPC', 'store.full', true, 1],
    ['EDQUOT', 'store.full', true, 1],
    ['EROFS', 'store.read_only', false, 2],
    ['EACCES', 'store.read_only', false, 2],
    ['EIO', 'store.io', true, 1],
    ['EMFILE', 'store.io', true, 1],
  ])('faults 73, 74, 78: says %s as %s', async (code, expected, retryable, exitCode) => {
    const path = await folder();
    const fs = new FaultyFs((_, operation) => (operation === 'write' ? errno(code) : undefined));
    const failed = openDirectoryStore(path, fs).putIfAbsent(key, body);
    await expect(failed).rejects.toMatchObject({ code: expected, retryable, exitCode });
    await expect(failed).rejects.toThrow(path);
    expect(await filesIn(path)).toEqual([]);
  });

  it('fault 73: the disk is full at any call of a write: nothing half-written is seen, and the retry succeeds', async () => {
    for (const write of [put, replace]) {
      const calls = await countCalls(write);
      for (let at = 0; at < calls.length; at++) {
        const path = await folder();
        let faulty = true;
        const fs = new FaultyFs((call) => (faulty && call === at ? errno('ENOSPC') : undefined));
        const store = openDirectoryStore(path, fs);
        await write(store).catch((error: unknown) => expect(error).toMatchObject({ code: 'store.full' }));
        faulty = false;
        const seen = await store.get(key);
        if (seen !== undefined) expect(seen.body.equals(body), `call ${at}: ${calls[at]}`).toBe(true);
        await write(store).catch((error: unknown) => expect(error).toMatchObject({ code: 'store.conflict' }));
        expect((await openDirectoryStore(path).get(key))?.body.equals(body)).toBe(true);
      }
    }
  });

  it('writes everything again after a failed sync', async () => {
    const path = await folder();
    let failures = 1;
    const fs = new FaultyFs((_, operation) =>
      operation === 'sync file' && failures-- > 0 ? errno('EIO') : undefined,
    );
    const store = openDirectoryStore(path, fs);
    await expect(put(store)).rejects.toMatchObject({ code: 'store.io' });
    expect(await filesIn(path)).toEqual([]);
    expect(await put(store)).toBe(true);
    expect(fs.calls.filter((call) => call === 'write')).toHaveLength(2);
  });

  it('fault 77: dies at any call of a write: the next process finds all of the object or none of it', async () => {
    for (const write of [put, replace]) {
      const calls = await countCalls(write);
      expect(calls.length).toBeGreaterThan(8);
      for (let at = 0; at < calls.length; at++) {
        const path = await folder();
        const dying = new FaultyFs((call) => (call >= at ? new ProcessDied() : undefined));
        let acknowledged = false;
        await write(openDirectoryStore(path, dying)).then(
          () => {
            acknowledged = true;
          },
          () => {},
        );
        const next = openDirectoryStore(path);
        await next.removeStray();
        const seen = await next.get(key);
        if (acknowledged) expect(seen).toBeDefined();
        if (seen !== undefined) expect(seen.body.equals(body), `call ${at}: ${calls[at]}`).toBe(true);
        expect(await filesIn(path)).toEqual(seen === undefined ? [] : ['1']);
        await next.putIfAbsent(key, body);
        expect((await next.get(key))?.body.equals(body)).toBe(true);
      }
    }
  });

  it('fault 75: removes the unfinished files of a process that died', async () => {
    const path = await folder();
    const dying = new FaultyFs((_, operation) =>
      operation === 'link' || operation === 'unlink' ? new ProcessDied() : undefined,
    );
    await expect(put(openDirectoryStore(path, dying))).rejects.toThrow(ProcessDied);
    expect(await filesIn(path)).toHaveLength(1);
    const next = openDirectoryStore(path);
    expect(await next.list('')).toEqual([]);
    expect(await next.removeStray()).toBe(1);
    expect(await filesIn(path)).toEqual([]);
  });
});
