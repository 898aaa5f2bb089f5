import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock, tryLock } from '../../src/store/lock.ts';
import { FakeClock } from '../support/fake-clock.ts';

const { signal } = new AbortController();
let folder: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});

afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  rmSync(folder, { recursive: true });
});

async function holderProcess(): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'lock-holder.ts');
  child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(said.toString()).toBe('locked\n');
  return child;
}

describe('lock', () => {
  it('is held by one at a time, and free after its release', () => {
    const lock = tryLock(folder);
    expect(lock).toBeDefined();
    expect(tryLock(folder)).toBeUndefined();
    lock!.release();
    lock!.release();
    const next = tryLock(folder);
    expect(next).toBeDefined();
    next!.release();
  });

  it('fault 76: the second process waits, then ends with exit code 75, naming the folder', async () => {
    await holderProcess();
    const clock = new FakeClock({ auto: true });
    const failed = acquireLock(folder, { clock, waitMs: 5_000, signal });
    await expect(failed).rejects.toMatchObject({ code: 'store.locked', exitCode: 75 });
    await expect(failed).rejects.toThrow(folder);
    expect(clock.monotonicMs()).toBe(5_000);
  });

  it('fault 76: the lock ends with its process, after kill -9 too', async () => {
    const holder = await holderProcess();
    expect(tryLock(folder)).toBeUndefined();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = tryLock(folder);
    expect(lock).toBeDefined();
    lock!.release();
  });

  it('is got while waiting as soon as it is free', async () => {
    const lock = tryLock(folder)!;
    const clock = new FakeClock();
    const waiting = acquireLock(folder, { clock, waitMs: 60_000, signal });
    expect(clock.sleeping).toBe(1);
    lock.release();
    await clock.advance(clock.nextSleepMs!);
    const got = await waiting;
    expect(clock.monotonicMs()).toBeLessThan(1_000);
    got.release();
  });

  it('stops waiting when told to', async () => {
    const lock = tryLock(folder)!;
    const stop = new AbortController();
    const waiting = acquireLock(folder, { clock: new FakeClock(), waitMs: 60_000, signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    lock.release();
  });
});
