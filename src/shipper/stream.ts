import type { Journal } from '../journal/types.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type {
  OutRecord,
  Position,
  SegmentRange,
  Sink,
  SinkState,
  SinkWriter,
  SourceRef,
} from '../sink/sink.ts';
import type { Store } from '../store/store.ts';
import { CursorFile, cursorKey } from './cursor.ts';
import { DeadLetters } from './dead-letters.ts';
import { deliver, WRITE_TIMEOUT_MS } from './deliver.ts';
import type { Health, Part } from './health.ts';
import { keepTrying, type Persistence } from './keep-trying.ts';
import type { ShippedSource } from './map-entry.ts';
import type { OpenBatch } from './open-batch.ts';
import { type Start, startOf } from './start.ts';
import { orAborted, type StopSignals } from './stop-signals.ts';

/** How often the cursor of an idempotent sink is saved at most, milliseconds. */
const SAVE_EVERY_MS = 1_000;

/** What a stream works with. */
export interface StreamDeps {
  readonly sink: Sink;
  readonly source: ShippedSource;
  readonly journal: Journal;
  readonly store: Store;
  /** Where a sink without a cursor starts: with the first segment held, or behind the head. */
  readonly from: 'earliest' | 'now';
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly signals: StopSignals;
}

/** Labels of all metrics of one sink and source. */
export function shipperLabels(sink: Sink, source: ShippedSource): Record<string, string> {
  return { sink: sink.id, source: source.id };
}

/** A batch under way. */
interface Flight {
  readonly batch: OpenBatch;
  /** The place behind it. */
  readonly next: Position;
  /** Whether its delivery has ended. */
  landed: boolean;
}

/**
 * A sink opened for one source, with its cursor and its dead letters: everything that delivering needs but the
 * records. Both the normal stream and a replay go through it, never both at once.
 *
 * The cursor's position never passes a record that is neither stored nor safe in the dead letters, and is saved
 * only after the sink has flushed what lies before it.
 */
export class Stream {
  readonly #deps: StreamDeps;
  readonly #ref: SourceRef;
  readonly #cursor: CursorFile;
  readonly #persistence: Persistence;
  readonly #labels: Record<string, string>;
  readonly deadLetters: DeadLetters;
  readonly start: Start;
  #writer: SinkWriter | undefined;
  #position: Position;
  #saved: Position;
  #savedMs: number;
  #letters = 0;
  /** What a gathering sink is being given: on record, and not all of it stored yet. */
  #range: SegmentRange | undefined;
  #state: SinkState | undefined;
  /** Batches under way, in journal order, and those delivered whose predecessors are not. */
  readonly #flights: Flight[] = [];
  #saving: Promise<void> = Promise.resolve();

  /** Opens cursor and sink, trying until both are there. Throws `shipper.fenced`, and the abort's reason. */
  static async open(deps: StreamDeps): Promise<Stream> {
    const { store, sink, source, journal, from, clock, random, health, signals } = deps;
    const persistence = { clock, random, health };
    const cursor = new CursorFile(store, cursorKey(source.id, sink.id), clock, random);
    const load = async () => startOf(await cursor.load(), journal, from);
    const start = await keepTrying('cursor', load, persistence, signals.soft);
    const stream = new Stream(deps, cursor, persistence, start);
    // Saved at once: `from: now` must mean this start and no later one, and whoever shipped before is fenced.
    await keepTrying('cursor', () => stream.#write(start.state), persistence, signals.soft);
    await keepTrying('sink', () => stream.#open(), persistence, signals.soft);
    return stream;
  }

  private constructor(deps: StreamDeps, cursor: CursorFile, persistence: Persistence, start: Start) {
    this.#deps = deps;
    this.#ref = { id: deps.source.id, chainId: deps.journal.genesis.chainId };
    this.#cursor = cursor;
    this.#persistence = persistence;
    this.#labels = shipperLabels(deps.sink, deps.source);
    this.deadLetters = new DeadLetters(deps.store, deps.sink.id, deps.source.id);
    this.start = start;
    this.#position = start.position;
    this.#range = start.range;
    this.#saved = start.position;
    this.#savedMs = deps.clock.monotonicMs();
  }

  /** The next record due. */
  get position(): Position {
    return this.#position;
  }

  /** The next record due as the stored cursor says. */
  get saved(): Position {
    return this.#saved;
  }

  /** Whether the sink gets ranges of whole segments. */
  get gathers(): boolean {
    return this.#deps.sink.gather !== undefined;
  }

  /** Dead letters of this sink and source. */
  get letters(): number {
    return this.#letters;
  }

  /**
   * Puts on record that a gathering sink is about to get `range`, unless that is on record. Durable when it resolves:
   * the same range comes again after a crash, whole. Until {@link save} the stored position stays before it.
   */
  async begin(range: SegmentRange): Promise<void> {
    if (this.#range?.first === range.first && this.#range.last === range.last) return;
    this.#range = range;
    await this.keepTrying('cursor', () => this.#write(this.#state));
  }

  /**
   * Delivers `batch` and moves behind it, to `next`, as soon as all batches before it are delivered; when told to
   * stop, as far as it got.
   */
  async ship(batch: OpenBatch, next: Position, uncertain: boolean): Promise<void> {
    const flight: Flight = { batch, next, landed: false };
    this.#flights.push(flight);
    try {
      if (batch.open > 0) await this.send(batch, uncertain, (record, reason) => this.bury(record, reason));
    } finally {
      flight.landed = true;
      this.#advance();
    }
  }

  /** Moves the position up to the first record without a fate. */
  #advance(): void {
    for (let first = this.#flights[0]; first?.landed; first = this.#flights[0]) {
      this.#position = first.batch.firstOpen?.position ?? first.next;
      if (first.batch.open > 0) return;
      this.#flights.shift();
    }
  }

  /** Delivers `batch` and moves nothing. `refuse` makes refused records safe. */
  async send(
    batch: OpenBatch,
    uncertain: boolean,
    refuse: (record: OutRecord, reason: string) => Promise<void>,
  ): Promise<void> {
    const { metrics, signals } = this.#deps;
    const writer = this.#writer!;
    const outlet = {
      source: this.#ref,
      writer,
      range: this.#range,
      writeTimeoutMs: this.#deps.sink.writeTimeoutMs ?? WRITE_TIMEOUT_MS,
      refuse,
      persistence: this.#persistence,
      metrics,
      labels: this.#labels,
    };
    await deliver(batch, outlet, uncertain, signals);
  }

  /** Puts a refused record into the dead letters. */
  async bury(record: OutRecord, reason: string): Promise<void> {
    const { clock, log } = this.#deps;
    const isNew = await this.deadLetters.put(
      record,
      this.#ref,
      reason,
      new Date(clock.nowMs()).toISOString(),
    );
    if (!isNew) return;
    this.#countLetters(1);
    const { segment, line } = record.position;
    log.error(
      { segment, line, reason },
      'a record was refused for good: see the dead letters, mend, and replay them',
    );
  }

  /** A dead letter was delivered. */
  async unbury(key: string): Promise<void> {
    await this.keepTrying('dead_letters', () => this.deadLetters.delete(key));
    this.#countLetters(-1);
  }

  /**
   * Flushes the sink and saves the cursor. Unless `now`, an idempotent sink's cursor is left for later when it was
   * saved less than a second ago. For a gathering sink it ends the range in hand.
   */
  async save(now: boolean): Promise<void> {
    const { sink, clock } = this.#deps;
    if (!now && sink.idempotent && clock.monotonicMs() - this.#savedMs < SAVE_EVERY_MS) return;
    const flush = async () => {
      // Taken before the flush: what is delivered meanwhile is not flushed.
      const position = this.#position;
      const state = await this.#writer!.flush(this.#deps.signals.hard);
      this.#range = undefined;
      await this.keepTrying('cursor', () => this.#write(state, position));
    };
    // Batches that end together save one after the other.
    const saved = this.#saving.then(() => this.keepTrying('sink', flush));
    this.#saving = saved.catch(() => {});
    await saved;
  }

  /** {@link keepTrying} with what this stream has at hand. */
  async keepTrying<T>(part: Part, attempt: () => Promise<T>): Promise<T> {
    return await keepTrying(part, attempt, this.#persistence, this.#deps.signals.soft);
  }

  /**
   * Saves what was delivered, when `save` and while there is time for it, and releases the sink. Throws nothing:
   * what cannot be saved is sent again after the next start.
   */
  async close(save: boolean): Promise<void> {
    const { log, signals } = this.#deps;
    const writer = this.#writer;
    if (writer === undefined) return;
    this.#writer = undefined;
    try {
      // A range in hand comes again, whole. A write given up may still be under way; a state taken now could speak of
      // it while the position does not.
      if (save && this.#range === undefined && !signals.hard.aborted) {
        const position = this.#position;
        const state = await orAborted(writer.flush(signals.hard), signals.hard);
        await orAborted(this.#write(state, position), signals.hard);
      }
    } catch (error) {
      log.warn(
        { err: error },
        'the cursor could not be saved at the end; the last records are sent again next time',
      );
    }
    try {
      await writer.close();
    } catch (error) {
      log.warn({ err: error }, 'the sink did not close cleanly');
    }
  }

  async #open(): Promise<void> {
    const { sink } = this.#deps;
    const context = {
      source: this.#ref,
      state: this.start.state,
      saveState: (state: SinkState) => this.#write(state),
    };
    this.#letters = await this.deadLetters.count();
    this.#countLetters(0);
    this.#writer = await sink.open(context);
  }

  async #write(state: SinkState | undefined, position = this.#position): Promise<void> {
    const { floor } = this.start;
    await this.#cursor.save({ chainId: this.#ref.chainId, position, state, floor, range: this.#range });
    this.#state = state;
    this.#saved = position;
    this.#savedMs = this.#deps.clock.monotonicMs();
  }

  #countLetters(change: number): void {
    this.#letters += change;
    this.#deps.metrics.gauge('clarifai_siem_dead_letters', this.#letters, this.#labels);
  }
}
