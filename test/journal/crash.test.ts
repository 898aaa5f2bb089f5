import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../src/journal/journal.ts';
import type { Segment } from '../../src/journal/types.ts';
import { verifyJournal } from '../../src/journal/verify.ts';
import { openDirectoryStore } from '../../src/store/directory.ts';
import { errno, FaultyFs, type Inject, ProcessDied } from '../store/faulty-fs.ts';
import { draft, options, SOURCE } from './fixtures.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Opens a journal and appends two segments, retrying `retries` times. What was acknowledged, and the calls made. */
async function run(inject: Inject, retries: number) {
  const path = mkdtempSync(join(tmpdir(), 'journal-'));
  folders.push(path);
  const fs = new FaultyFs(inject);
  const store = openDirectoryStore(path, fs);
  const acknowledged: Segment[] = [];
  const drafts = [draft(0, 10), draft(10, 20)];
  let left = retries;
  const trying = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (left-- <= 0) throw error;
      }
    }
  };
  try {
    const journal = await trying(() => openJournal(options(store)));
    for (const each of drafts) acknowledged.push((await trying(() => journal.append(each)))!.segment);
  } catch (error) {
    if (!(error instanceof ProcessDied)) throw error;
  }
  return { path, acknowledged, calls: fs.calls };
}

/** What must hold for the next process, whatever happened to the one before it. */
async function expectWhole(path: string, acknowledged: readonly Segment[], when: string): Promise<void> {
  const store = openDirectoryStore(path);
  await store.removeStray();
  const journal = await openJournal(options(store));
  for (const segment of acknowledged) {
    expect((await journal.read(segment.header.n)).bytes.equals(segment.bytes), when).toBe(true);
  }
  expect(journal.head.n - acknowledged.length, when).toBeOneOf([0, 1]);
  const next = journal.head.n * 10;
  expect(await journal.append(draft(next, next + 10)), when).toBeDefined();
  expect((await verifyJournal(store, SOURCE)).faults, when).toEqual([]);
}

describe('journal in a directory', () => {
  it('fault 77: dies at any file system call: what was acknowledged is there, and the chain holds', async () => {
    const { calls } = await run(() => undefined, 0);
    expect(calls.filter((call) => call === 'link')).toHaveLength(3);
    for (let at = 0; at < calls.length; at++) {
      const { path, acknowledged } = await run((call) => (call >= at ? new ProcessDied() : undefined), 0);
      await expectWhole(path, acknowledged, `died at call ${at}: ${calls[at]}`);
    }
  });

  it('fault 73: the disk is full at any file system call: the retry commits the same segment, once', async () => {
    const { calls } = await run(() => undefined, 0);
    for (let at = 0; at < calls.length; at++) {
      const { path, acknowledged } = await run((call) => (call === at ? errno('ENOSPC') : undefined), 1);
      expect(acknowledged.map(({ header }) => header.n)).toEqual([1, 2]);
      await expectWhole(path, acknowledged, `full at call ${at}: ${calls[at]}`);
    }
  });
});
