import type { ConnectorConfig } from '../config/types.ts';
import { type Machine, openMachine } from '../connector/machine.ts';
import { runForever } from '../connector/run.ts';
import { withConnector, withLock } from '../connector/session.ts';
import { fingerprintOf } from '../journal/fingerprint.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { silentMetrics } from '../runtime/metrics.ts';
import type { StatusService } from '../server/start.ts';
import type { DirectoryStore } from '../store/directory.ts';
import { VERSION } from './version.ts';

/**
 * `run` without `--once`: polls and ships until it is stopped. When it is told to read its config again, what runs
 * ends as it does at a stop, and begins again with the new config; a config that is wrong, or that cannot be opened,
 * is told, and nothing changes.
 *
 * @param path the config file, to be read again
 */
export async function serve(path: string, config: ConnectorConfig, machine: Machine): Promise<number> {
  const server = new Server(path, config, machine);
  const unlisten = machine.host.onReload?.(() => void server.reload());
  try {
    return await withLock(config, machine, (store) => server.run(store));
  } finally {
    unlisten?.();
  }
}

class Server {
  readonly #path: string;
  /** What runs, or has run last. */
  #config: ConnectorConfig;
  #machine: Machine;
  #status: StatusService | undefined;
  /** Aborts when what runs is to end. */
  #turn = new AbortController();
  /** What is to run next. */
  #next: { config: ConnectorConfig; machine: Machine } | undefined;

  constructor(path: string, config: ConnectorConfig, machine: Machine) {
    this.#path = path;
    this.#config = config;
    this.#machine = machine;
  }

  /** Runs until it is told to stop. */
  async run(store: DirectoryStore): Promise<number> {
    const { host } = this.#machine;
    try {
      await this.#serve(store, this.#config, this.#machine, false);
      while (this.#next !== undefined && !host.stopping.aborted) await this.#change(store, this.#next);
      this.#machine.log.info({}, 'stopped');
      return ExitCode.done;
    } finally {
      await this.#status?.close();
    }
  }

  /** Reads the config again. When it can be taken, what runs is told to end. */
  async reload(): Promise<void> {
    const { log, host } = this.#machine;
    try {
      const { loadConfig } = await import('../config/load.ts');
      const config = loadConfig(this.#path, host.env);
      refuseOtherData(this.#config, config);
      this.#next = { config, machine: await openMachine(config, host) };
      log.info({}, 'the config was read again: changing over');
      this.#turn.abort(new Error('the config was read again'));
    } catch (error) {
      log.error({ err: error }, 'the config was read again and cannot be taken: nothing has changed');
    }
  }

  /** Runs with the next config, or with the one before when that cannot be opened. */
  async #change(store: DirectoryStore, next: { config: ConnectorConfig; machine: Machine }): Promise<void> {
    this.#next = undefined;
    const before = this.#config;
    try {
      await this.#serve(store, next.config, next.machine, true);
    } catch (error) {
      // Not for its config: it ran already, or was told to stop.
      if (this.#config !== before || next.machine.host.stopping.aborted) throw error;
      next.machine.log.error(
        { err: error },
        'the new config cannot be taken: going on with the one before; mend it and send SIGHUP again',
      );
      await this.#serve(store, this.#config, this.#machine, true);
    }
  }

  /** Opens everything and runs until it is to end. `#config` is `config` from when everything is open. */
  async #serve(
    store: DirectoryStore,
    config: ConnectorConfig,
    machine: Machine,
    again: boolean,
  ): Promise<void> {
    const turn = new AbortController();
    const { host } = machine;
    const stopping = AbortSignal.any([host.stopping, turn.signal]);
    const counting = { ...machine, metrics: (await this.#serviceFor(config))?.metrics ?? silentMetrics };
    await withConnector(config, counting, store, stopping, async (connector) => {
      await this.#status?.show(connector);
      this.#config = config;
      this.#machine = machine;
      this.#turn = turn;
      // It was read again while this was opened.
      if (this.#next !== undefined) return;
      machine.log.info({ sources: config.sources.length, sinks: config.sinks.length }, 'running');
      await runForever(connector, stopping, again);
    });
  }

  /** The server's code is not loaded when it is off. */
  async #serviceFor(config: ConnectorConfig): Promise<StatusService | undefined> {
    if (this.#status === undefined && config.server !== false) {
      const { StatusService } = await import('../server/start.ts');
      this.#status = new StatusService(config, VERSION, this.#machine.host.usage);
    }
    return this.#status;
  }
}

/** Throws (exit 2) when `next` would read or write other data under names that are in use. */
function refuseOtherData(now: ConnectorConfig, next: ConnectorConfig): void {
  if (now.journal.path !== next.journal.path) {
    throw new ConnectorError(
      `journal.path cannot change while it runs: stop, move ${now.journal.path} to ${next.journal.path}, start`,
      { code: 'config.reload', exitCode: ExitCode.config },
    );
  }
  for (const source of next.sources) {
    const same = now.sources.find(({ id }) => id === source.id);
    if (same === undefined || fingerprintOf(same) === fingerprintOf(source)) continue;
    throw new ConnectorError(
      `base_url, user_id or filter of source ${source.id} differ: use a new source id, or put the old ones back`,
      { code: 'config.reload', exitCode: ExitCode.config },
    );
  }
}
