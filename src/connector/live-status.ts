import { subtractSpans, unionSpans } from '../event/span-set.ts';
import type { Shipper } from '../shipper/shipper.ts';
import type { StoreSpace } from '../store/store.ts';
import type { Connector, OpenSource } from './open.ts';
import { journalStatus, type SinkStatus, type SourceStatus } from './status.ts';
import type { StoreUsage, Usage } from './store-usage.ts';

/** A coverage that is further behind than this is stale, milliseconds, unless polls are further apart. */
const STALE_MS = 15 * 60_000;

/** How a running connector is doing: what readiness, metrics, the status page and `status` tell. */
export interface LiveStatus {
  /** Wall clock of all that it says, milliseconds. */
  readonly nowMs: number;
  /** Wall clock since when it runs and counts, milliseconds. */
  readonly startedMs: number;
  /** Whether it was told to stop. */
  readonly stopping: boolean;
  readonly store: {
    /** Bytes of all that the store holds, measured now and again; undefined when it cannot be read. */
    readonly bytes: number | undefined;
    /** `journal.max_bytes`. */
    readonly limitBytes: number;
    /** Undefined when there is no file system below, or it cannot be looked at. */
    readonly space: StoreSpace | undefined;
    /** Whether it takes writes, as far as can be seen without writing. */
    readonly writable: boolean;
  };
  readonly sources: readonly SourceStatus[];
}

/** Reads {@link LiveStatus}: from memory, but for the sizes of the store. */
export class LiveStatusReader {
  readonly #connector: Connector;
  readonly #usage: StoreUsage;
  readonly #stopping: AbortSignal;
  readonly #startedMs: number;
  readonly #staleAfterMs: ReadonlyMap<string, number>;

  /** @param stopping aborts when the process is told to stop */
  constructor(connector: Connector, usage: StoreUsage, stopping: AbortSignal) {
    this.#connector = connector;
    this.#usage = usage;
    this.#stopping = stopping;
    const { clock, scheduler } = connector.machine;
    this.#startedMs = clock.nowMs();
    this.#staleAfterMs = new Map(
      connector.config.sources.map(({ id, schedule }) => [
        id,
        Math.max(STALE_MS, 2 * (scheduler.longestPauseMs?.(schedule) ?? 0)),
      ]),
    );
  }

  /** How it is doing now. Never throws. */
  async read(): Promise<LiveStatus> {
    const { machine, config, sources } = this.#connector;
    const usage = await this.#usage.read().catch(() => undefined);
    const nowMs = machine.clock.nowMs();
    const failing = sources.some(({ room }) => room.failing !== undefined);
    const space = usage?.space;
    return {
      nowMs,
      startedMs: this.#startedMs,
      stopping: this.#stopping.aborted,
      store: {
        bytes: usage?.bytes,
        limitBytes: config.journal.maxBytes,
        space,
        writable: usage !== undefined && !failing && (space === undefined || hasRoom(space)),
      },
      sources: sources.map((source) => this.#source(source, usage, nowMs)),
    };
  }

  #source(open: OpenSource, usage: Usage | undefined, nowMs: number): SourceStatus {
    const { config, journal, collector, room, health, activity, shippers } = open;
    const { coverage } = collector;
    const holes = collector.holes.flatMap(({ span }) => subtractSpans(span, coverage));
    return {
      source: config.id,
      journal: {
        ...journalStatus(journal.head, journal.genesis, coverage, nowMs),
        headHash: journal.headHash,
        sameSource: true,
        trimmed: journal.trimmed?.spans ?? [],
        bytes: usage?.journals.get(config.id) ?? 0,
      },
      sinks: [...shippers.values()].map((shipper) => sinkStatus(shipper, journal.head.n)),
      live: {
        ...activity.report(nowMs),
        refused: health.refused,
        lastPollMs: health.lastPollMs,
        staleAfterMs: this.#staleAfterMs.get(config.id)!,
        full: room.isFull,
        failing: room.failing,
        holes: unionSpans([], holes),
      },
    };
  }
}

/** A segment and what goes with it must fit. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;

function hasRoom({ writable, freeBytes }: StoreSpace): boolean {
  return writable && freeBytes >= LEAST_FREE_BYTES;
}

function sinkStatus(shipper: Shipper, head: number): SinkStatus {
  const { sink, state, position, lagSegments, lagMs, lastError, lastSuccess, deadLetters, gatherMs } =
    shipper.status();
  return {
    sink,
    position,
    lagSegments: lagSegments ?? head + 1,
    deadLetters: deadLetters ?? 0,
    live: { state, lagMs, lastErrorCode: lastError?.code, lastErrorAt: lastError?.at, lastSuccess, gatherMs },
  };
}
