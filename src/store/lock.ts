import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../runtime/clock.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { fullError, readOnlyError, storeError } from './io-error.ts';

/** In the folder that it guards; no key of a store can have this name. */
const LOCK_FILE = 'LOCK.sqlite';
const RETRY_MS = 200;

/** Primary result codes of SQLite: https://sqlite.org/rescode.html */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = new Set([3, 8, 14, 23]);
const FULL = 13;

/** Exclusive use of a data folder. */
export interface Lock {
  /** Lets others have it. Idempotent. */
  release(): void;
}

/** How long to wait for a lock. */
export interface LockOptions {
  readonly clock: Clock;
  /** How long another process may keep us waiting, milliseconds: 0 tries once. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** Locks that are held: a database that is garbage collected would drop its lock. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of the folder `path` (created if absent) or returns undefined when somebody has it, in this
 * process or another. It is the file lock of a SQLite database in exclusive mode: the kernel drops it with the
 * process, however that ends, and it holds between containers that share a volume. Throws `store.read_only`,
 * `store.full` or `store.io`.
 */
export function tryLock(path: string): Lock | undefined {
  const file = join(path, LOCK_FILE);
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(path, { recursive: true });
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const code = sqliteCode(error);
    if (code === BUSY || code === LOCKED) return undefined;
    throw lockError(error, code, file);
  }
  return hold(database);
}

/**
 * Takes the lock of the folder `path`, waiting for it up to `waitMs` (a rolling update starts the new process
 * before the old one has ended). Throws `store.locked` (exit 75) then, `signal.reason` on abort, and what
 * {@link tryLock} throws.
 */
export async function acquireLock(path: string, { clock, waitMs, signal }: LockOptions): Promise<Lock> {
  const untilMs = clock.monotonicMs() + waitMs;
  for (;;) {
    signal.throwIfAborted();
    const lock = tryLock(path);
    if (lock !== undefined) return lock;
    const leftMs = untilMs - clock.monotonicMs();
    if (leftMs <= 0) throw lockedError(path);
    await clock.sleep(Math.min(RETRY_MS, leftMs), signal);
  }
}

function hold(database: DatabaseSync): Lock {
  held.add(database);
  return {
    release() {
      if (!held.delete(database)) return;
      database.close();
    },
  };
}

function lockedError(path: string): ConnectorError {
  return new ConnectorError(
    `Another process uses ${path}. Stop it first, or give this one its own journal.path; the lock ends with its process.`,
    { code: 'store.locked', exitCode: ExitCode.locked },
  );
}

function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}

function lockError(error: unknown, code: number | undefined, file: string): unknown {
  if (code === undefined) return storeError(error, 'lock', file);
  if (READ_ONLY.has(code)) return readOnlyError('lock', file, error);
  if (code === FULL) return fullError('lock', file, error);
  return new ConnectorError(
    `Cannot lock ${file}: SQLite error ${code}. It is tried again; if this goes on, check the disk or volume, or ` +
      'remove the file while no process runs: it holds no data.',
    { code: 'store.io', retryable: true, cause: error },
  );
}
