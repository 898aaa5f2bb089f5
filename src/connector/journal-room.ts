import type { WriteSegment } from '../collector/committer.ts';
import type { JournalConfig, SourceConfig } from '../config/types.ts';
import { applyRetention } from '../journal/retention.ts';
import type { StoredJournal } from '../journal/stored-journal.ts';
import type { SegmentLease } from '../journal/types.ts';
import type { Log } from '../runtime/log.ts';
import { retrying } from '../runtime/retry.ts';
import type { Shipper } from '../shipper/shipper.ts';
import type { Store } from '../store/store.ts';
import type { Machine } from './machine.ts';
import type { StoreSize } from './store-size.ts';

/** How long a full journal waits before it looks again, milliseconds. */
const LOOK_AGAIN_MS = 10_000;

/** Segments that are removed at once to make room. */
const MOST_SEGMENTS = 64;

/** What a room works with. */
export interface JournalRoomDeps {
  readonly source: SourceConfig;
  readonly journal: StoredJournal;
  readonly store: Store;
  readonly config: JournalConfig;
  readonly shippers: ReadonlyMap<string, Shipper>;
  /** Shared by all sources of the store. */
  readonly size: StoreSize;
  readonly machine: Machine;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Keeps a journal inside its bounds: retention by age, `max_bytes` by size. Only segments that every configured
 * sink has are removed; when that is not enough, writing waits, and with it polling: nothing is thrown away.
 */
export class JournalRoom {
  readonly #deps: JournalRoomDeps;
  #full = false;
  #failing: string | undefined;

  constructor(deps: JournalRoomDeps) {
    this.#deps = deps;
  }

  /** True while polling waits for room. */
  get isFull(): boolean {
    return this.#full;
  }

  /** Code of the error while the journal cannot be written; undefined while it can. */
  get failing(): string | undefined {
    return this.#failing;
  }

  /** Runs one write to the journal until it succeeds, and waits for room before. Rejects on abort. */
  async retry(write: WriteSegment): Promise<SegmentLease | undefined> {
    const { machine, log, signal, source } = this.#deps;
    await this.#waitForRoom();
    const written = await retrying(write, {
      clock: machine.clock,
      random: machine.random,
      signal,
      onRetry: (error, attempt, waitMs) => {
        this.#failing = error.code;
        machine.metrics.count('clarifai_siem_journal_retries_total', { source: source.id, code: error.code });
        const tell = attempt === 1 || attempt % 10 === 0 ? log.error : log.debug;
        tell.call(
          log,
          { err: error, attempt, waitMs: Math.round(waitMs) },
          'the journal could not be written: polling pauses',
        );
      },
    });
    this.#failing = undefined;
    this.#deps.size.grow(written?.segment.bytes.length ?? 0);
    return written;
  }

  /**
   * Removes what is older than the retention and needed by nobody.
   *
   * @param nowMs wall clock, not a local one that may have jumped ahead: what was just written would be old by it
   */
  async applyRetention(nowMs: number): Promise<void> {
    const { journal, store, config, log } = this.#deps;
    const trimmed = await applyRetention({
      store,
      journal,
      nowMs,
      retentionMs: config.retentionMs,
      neededFrom: this.#neededFrom(),
      log,
    });
    if (trimmed > 0) this.#deps.size.forget();
  }

  #neededFrom(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const shipper of this.#deps.shippers.values()) {
      least = Math.min(least, shipper.status().position?.segment ?? 0);
    }
    return least;
  }

  async #waitForRoom(): Promise<void> {
    const { config, machine, log, signal } = this.#deps;
    while (!(await this.#hasRoom())) {
      if (signal.aborted) throw signal.reason;
      if (!this.#full) {
        log.error(
          { max_bytes: config.maxBytes },
          'the journal has reached max_bytes and a sink still needs it: polling pauses until the sink takes more; ' +
            'mend the sink or raise journal.max_bytes',
        );
      }
      this.#full = true;
      await machine.clock.sleep(LOOK_AGAIN_MS, signal);
    }
    if (this.#full) log.info({}, 'the journal has room again: polling goes on');
    this.#full = false;
  }

  async #hasRoom(): Promise<boolean> {
    const { config, size } = this.#deps;
    const fits = async () => (await size.atMost(config.maxBytes)) < config.maxBytes;
    if (await fits()) return true;
    await this.#removeDelivered(true);
    if (await fits()) return true;
    // The overlap may begin with the oldest segment, while history is read behind it: without this, what waits for
    // room would be what makes it.
    await this.#removeDelivered(false);
    return await fits();
  }

  /** Removes what every sink has, some segments at a time. */
  async #removeDelivered(keepsOverlap: boolean): Promise<void> {
    const { store, journal, machine, log, size } = this.#deps;
    await applyRetention({
      store,
      journal,
      nowMs: machine.clock.nowMs(),
      retentionMs: 0,
      neededFrom: this.#neededFrom(),
      keepsOverlap,
      maxSegments: MOST_SEGMENTS,
      log,
    });
    size.forget();
  }
}
