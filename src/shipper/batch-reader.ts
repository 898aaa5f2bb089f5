import type { BatchConfig } from '../config/types.ts';
import type { Journal, Segment, SegmentLease } from '../journal/types.ts';
import type { RecordMapper } from '../record/record.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Position, SegmentRange } from '../sink/sink.ts';
import { BatchBuilder, type GatheredBatch } from './batch-builder.ts';
import type { DueSegments, Gatherer } from './gatherer.ts';
import { keptRecord, type MappedEntry, mapEntry, type ShippedSource } from './map-entry.ts';
import { skipTrimmed } from './start.ts';

/**
 * Records that are due, in journal order, and where the journal goes on behind them. There are none when segments
 * without entries were passed.
 */
export interface DueBatch extends GatheredBatch {
  /** The place behind the last record, or behind the segments passed. */
  readonly next: Position;
  /** How many of the records are minimal. */
  readonly minimal: number;
  /** When the first record's segment was written, milliseconds; undefined without records. */
  readonly writtenMs: number | undefined;
  /** The range that the records belong to; for a gathering sink only. */
  readonly range: SegmentRange | undefined;
  /** Whether `range` ends with this batch. */
  readonly ends: boolean;
}

/** Entries that are mapped at a stretch, and how long others then have their turn: requests must leave on time. */
const STRETCH_LINES = 250;
const STEP_ASIDE_MS = 1;

/** What a reader works with. */
export interface BatchReaderDeps {
  readonly journal: Journal;
  readonly source: ShippedSource;
  readonly mapper: RecordMapper;
  readonly batch: BatchConfig;
  readonly clock: Clock;
  /** Decides what goes out together; undefined: a batch does. */
  readonly gatherer: Gatherer | undefined;
  /** True when somebody waits for the records of the moment: an unfilled batch then goes out at once. */
  readonly hurried: () => boolean;
  /** Told that `lost` segments before `at` were removed by retention before they were read. */
  readonly onLost: (lost: number, at: Position) => void;
}

/**
 * Turns the journal into batches, from a position on. It holds one segment and one batch, and maps an entry when
 * its batch is gathered. After an error `next` may be called again: nothing gathered is lost.
 */
export class BatchReader {
  readonly #deps: BatchReaderDeps;
  readonly #builder: BatchBuilder;
  readonly #floor: number;
  #at: Position;
  #taken: Position;
  #lease: SegmentLease | undefined;
  /** What the gatherer found due, and was not taken to its end. */
  #due: DueSegments | undefined;
  #carried: MappedEntry | undefined;
  #minimal = 0;
  #writtenMs: number | undefined;
  #sinceMs = 0;
  #wait: AbortController | undefined;

  constructor(deps: BatchReaderDeps, from: Position, floor: number) {
    this.#deps = deps;
    this.#builder = new BatchBuilder(deps.batch);
    this.#at = from;
    this.#taken = from;
    this.#floor = floor;
  }

  /**
   * The next batch: when it is full, when its first record has waited `maxWaitMs`, or when the head is reached and
   * somebody waits for it. With a gatherer: when it is full, or holds the rest of what is due. Throws what the journal throws, and `signal.reason`. One call at a time.
   */
  async next(signal: AbortSignal): Promise<DueBatch> {
    for (;;) {
      signal.throwIfAborted();
      if (!(await this.#gathered(signal))) continue;
      if (await this.#fill(signal)) return this.#take();
      if (this.#due !== undefined) return this.#take();
      const { segment } = this.#at;
      if (this.#builder.count === 0) {
        if (segment > this.#taken.segment) return this.#take();
        await this.#waitForMore(segment, undefined, signal);
        continue;
      }
      const { clock, batch, hurried } = this.#deps;
      const leftMs = this.#sinceMs + batch.maxWaitMs - clock.monotonicMs();
      if (leftMs <= 0 || hurried()) return this.#take();
      await this.#waitForMore(segment, leftMs, signal);
    }
  }

  /** True when there is something to read. Otherwise it has waited, and is to be asked again. */
  async #gathered(signal: AbortSignal): Promise<boolean> {
    const { gatherer, hurried } = this.#deps;
    if (gatherer === undefined || this.#due !== undefined) return true;
    this.#skipTrimmed();
    const found = await gatherer.look(this.#at.segment, hurried());
    if ('last' in found) {
      this.#due = found;
      return true;
    }
    await this.#waitForMore(found.segment, found.ms, signal);
    return false;
  }

  /** Looks again at `hurried`. */
  wake(): void {
    this.#wait?.abort();
  }

  /** Gathers what the journal has. True when the batch is full. */
  async #fill(signal: AbortSignal): Promise<boolean> {
    const { journal, clock } = this.#deps;
    while (this.#at.segment <= (this.#due?.last ?? journal.head.n)) {
      if (this.#lease?.segment.header.n !== this.#at.segment) {
        this.#letGo();
        this.#skipTrimmed();
        this.#lease = await journal.lease(this.#at.segment);
      }
      if (this.#gather(this.#lease.segment)) return true;
      if (this.#at.line < this.#lease.segment.header.count) {
        await clock.sleep(STEP_ASIDE_MS, signal);
        continue;
      }
      this.#letGo();
      this.#at = { segment: this.#at.segment + 1, line: 0 };
    }
    return false;
  }

  /** Gathers a stretch of `segment`. True when the batch is full. */
  #gather(segment: Segment): boolean {
    const { mapper, source, clock } = this.#deps;
    let { line } = this.#at;
    const end = Math.min(segment.header.count, line + STRETCH_LINES);
    try {
      for (; line < end; line += 1) {
        const mapped = this.#carried ?? mapEntry(segment, line, mapper, source);
        this.#carried = undefined;
        if (this.#builder.count === 0) {
          this.#sinceMs = clock.monotonicMs();
          this.#writtenMs = Date.parse(segment.header.written);
        }
        if (this.#builder.add(mapped.record) === undefined) {
          this.#carried = { ...mapped, record: keptRecord(mapped.record) };
          return true;
        }
        if (mapped.minimal) this.#minimal += 1;
        if (this.#builder.full) {
          line += 1;
          return true;
        }
      }
      return false;
    } finally {
      this.#at = { segment: segment.header.n, line };
    }
  }

  #take(): DueBatch {
    if (this.#lease !== undefined && this.#at.line >= this.#lease.segment.header.count) {
      this.#at = { segment: this.#at.segment + 1, line: 0 };
      this.#letGo();
    }
    this.#taken = this.#at;
    const range = this.#due?.range;
    const ends = this.#due !== undefined && this.#at.segment > this.#due.last;
    if (ends) this.#due = undefined;
    const due = {
      ...this.#builder.take(),
      next: this.#at,
      minimal: this.#minimal,
      writtenMs: this.#writtenMs,
      range,
      ends,
    };
    this.#minimal = 0;
    this.#writtenMs = undefined;
    return due;
  }

  /** Nothing gathered is a view into the segment. */
  #letGo(): void {
    this.#lease?.release();
    this.#lease = undefined;
  }

  #skipTrimmed(): void {
    const { position, lost } = skipTrimmed(this.#deps.journal, this.#at, this.#floor);
    if (position === this.#at) return;
    this.#at = position;
    if (lost > 0) this.#deps.onLost(lost, position);
  }

  /** Returns when the journal has segment `n`, `ms` have passed, or it was woken. */
  async #waitForMore(n: number, ms: number | undefined, signal: AbortSignal): Promise<void> {
    const { journal, clock } = this.#deps;
    const wait = new AbortController();
    const stop = () => wait.abort();
    this.#wait = wait;
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      const grown = journal.reached(n, wait.signal);
      await (ms === undefined ? grown : Promise.race([grown, clock.sleep(ms, wait.signal)]));
    } catch (error) {
      if (!wait.signal.aborted) throw error;
    } finally {
      this.#wait = undefined;
      signal.removeEventListener('abort', stop);
      wait.abort();
    }
  }
}
