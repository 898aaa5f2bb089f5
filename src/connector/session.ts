import type { Host } from '../cli/host.ts';
import type { ConnectorConfig } from '../config/types.ts';
import { type DirectoryStore, openDirectoryStore } from '../store/directory.ts';
import { acquireLock, type Lock, tryLock } from '../store/lock.ts';
import { openApis } from './api.ts';
import { type Machine, openMachine } from './machine.ts';
import { type Connector, openConnector } from './open.ts';

/** How long `run` waits for the process before it in a rolling update, milliseconds. */
const LOCK_WAIT_MS = 30_000;

/** Reads the config of a command, with the log of its level. */
export async function openConfig(
  path: string,
  host: Host,
): Promise<{ config: ConnectorConfig; machine: Machine }> {
  const { loadConfig } = await import('../config/load.ts');
  const config = loadConfig(path, host.env);
  return { config, machine: await openMachine(config, host) };
}

/** The store of a config, for commands that only read. */
export function readStore(config: ConnectorConfig): DirectoryStore {
  return openDirectoryStore(config.journal.path);
}

/**
 * Runs `work` while this process holds the store. Throws `store.locked` (exit 75) when another process does.
 *
 * @param waitMs how long to wait for the lock
 */
export async function withLock<T>(
  config: ConnectorConfig,
  machine: Machine,
  work: (store: DirectoryStore) => Promise<T>,
  waitMs = LOCK_WAIT_MS,
): Promise<T> {
  const { clock, host } = machine;
  const lock = await acquireLock(config.journal.path, { clock, waitMs, signal: host.stopping });
  return holding(lock, config, work);
}

/** As {@link withLock}, but undefined at once when another process holds the store. */
export async function tryWithLock<T>(
  config: ConnectorConfig,
  work: (store: DirectoryStore) => Promise<T>,
): Promise<T | undefined> {
  const lock = tryLock(config.journal.path);
  return lock === undefined ? undefined : holding(lock, config, work);
}

async function holding<T>(
  lock: Lock,
  config: ConnectorConfig,
  work: (store: DirectoryStore) => Promise<T>,
): Promise<T> {
  try {
    const store = openDirectoryStore(config.journal.path);
    await store.removeStray();
    return await work(store);
  } finally {
    lock.release();
  }
}

/**
 * Opens everything on a held store, runs `work`, and closes what was opened.
 *
 * @param stopping aborts when reading is to stop
 */
export async function withConnector<T>(
  config: ConnectorConfig,
  machine: Machine,
  store: DirectoryStore,
  stopping: AbortSignal,
  work: (connector: Connector) => Promise<T>,
): Promise<T> {
  const apis = await openApis(config.sources, machine);
  try {
    const connector = await openConnector(config, machine, store, apis.apiFor, stopping);
    try {
      return await work(connector);
    } finally {
      await Promise.all(connector.sinks.map((sink) => sink.close()));
    }
  } finally {
    await apis.close();
  }
}
