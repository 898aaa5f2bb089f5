import type { BatchConfig } from '../config/types.ts';
import type { Journal } from '../journal/types.ts';
import type { RecordMapper } from '../record/record.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { ConnectorError, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { OutRecord, Position, Sink } from '../sink/sink.ts';
import type { Store } from '../store/store.ts';
import { BatchReader, type DueBatch } from './batch-reader.ts';
import { Flights } from './flights.ts';
import { Gatherer } from './gatherer.ts';
import { Health, type LastError, type ShipperState } from './health.ts';
import { STOPPED_MS } from './keep-trying.ts';
import type { ShippedSource } from './map-entry.ts';
import { OpenBatch } from './open-batch.ts';
import { type ReplayReport, type ReplayRequest, resend } from './resend.ts';
import { type StopSignals, stopSignals } from './stop-signals.ts';
import { Stream, shipperLabels } from './stream.ts';

/** How long the write in hand may take after a shipper was told to stop, milliseconds. */
const GRACE_MS = 5_000;

/** What a shipper works with. */
export interface ShipperOptions {
  readonly sink: Sink;
  readonly source: ShippedSource;
  readonly journal: Journal;
  /** Where cursors and dead letters are kept. */
  readonly store: Store;
  readonly mapper: RecordMapper;
  readonly batch: BatchConfig;
  /** Where a sink without a cursor starts: with the first segment held, or behind the head. */
  readonly from: 'earliest' | 'now';
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How far a shipper has got. */
export interface ShipperStatus {
  readonly sink: string;
  readonly source: string;
  readonly state: ShipperState;
  /** The next record due, as the stored cursor says; undefined before it is open. */
  readonly position: Position | undefined;
  /** Segments from the position to the head, the one it stands in included; undefined before it is open. */
  readonly lagSegments: number | undefined;
  /** Age of the oldest segment that is not delivered, milliseconds; 0 when all is; undefined when not known yet. */
  readonly lagMs: number | undefined;
  /** The last thing that went wrong; kept after recovery. */
  readonly lastError: LastError | undefined;
  /** Wall clock of the last batch that was delivered, RFC 3339; undefined before the first. */
  readonly lastSuccess: string | undefined;
  /** Records in the dead letters; undefined before it is open. */
  readonly deadLetters: number | undefined;
  /** How old the oldest segment may become because the sink gathers, milliseconds; 0 for one that does not. */
  readonly gatherMs: number;
}

/** Ships the journal of one source to one sink. Knows nothing of the API. */
export interface Shipper {
  /**
   * Ships until `signal` aborts; then ends the write in hand, saves the cursor and resolves, in 5 s at most.
   * Never rejects: trouble is told by log, metrics and status, and tried again. Ends early only when another
   * process ships (state `fenced`). To be called once; does not close the sink.
   */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when everything that the journal holds at the time of the call is delivered and the cursor saved.
   * Rejects with `shipper.ended` when the shipper ends before.
   */
  drained(): Promise<void>;
  /**
   * Sends records again, between two batches, once all is delivered that the journal held at the start. See
   * {@link resend}. Rejects with `shipper.ended` when the shipper
   * ends before.
   */
  replay(request: ReplayRequest): Promise<ReplayReport>;
  /** Where it stands now. */
  status(): ShipperStatus;
}

/** Makes a shipper; `run` starts it. */
export function createShipper(options: ShipperOptions): Shipper {
  return new JournalShipper(options);
}

interface Drain extends PromiseWithResolvers<void> {
  readonly head: number;
}

interface QueuedReplay extends PromiseWithResolvers<ReplayReport> {
  readonly request: ReplayRequest;
}

class JournalShipper implements Shipper {
  readonly #options: ShipperOptions;
  readonly #health: Health;
  readonly #labels: Record<string, string>;
  #stream: Stream | undefined;
  #reader: BatchReader | undefined;
  #gatherer: Gatherer | undefined;
  #drains: Drain[] = [];
  #replays: QueuedReplay[] = [];
  /** Ends the wait for a batch: set while there is one. */
  #replayQueued: (() => void) | undefined;
  #headAtStart = 0;
  #uncertain = true;
  #ended = false;
  #oldestMs: number | undefined;
  #lastSuccess: string | undefined;

  constructor(options: ShipperOptions) {
    const { sink, source, clock, metrics } = options;
    this.#labels = shipperLabels(sink, source);
    const log = options.log.child(this.#labels);
    this.#options = { ...options, log };
    this.#health = new Health({ clock, log, metrics, labels: this.#labels });
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const signals = stopSignals(signal, clock, GRACE_MS);
    let again = true;
    while (again) again = await this.#session(signals);
    signals.done();
    this.#settleDrains();
    this.#end();
  }

  async drained(): Promise<void> {
    if (this.#ended) throw this.#endedError();
    const drain = { head: this.#options.journal.head.n, ...Promise.withResolvers<void>() };
    this.#drains.push(drain);
    this.#settleDrains();
    this.#reader?.wake();
    return await drain.promise;
  }

  async replay(request: ReplayRequest): Promise<ReplayReport> {
    if (this.#ended) throw this.#endedError();
    const queued = { request, ...Promise.withResolvers<ReplayReport>() };
    this.#replays.push(queued);
    this.#replayQueued?.();
    return await queued.promise;
  }

  status(): ShipperStatus {
    const { sink, source } = this.#options;
    const { state, lastError } = this.#health;
    return {
      sink: sink.id,
      source: source.id,
      state,
      position: this.#stream?.saved,
      lagSegments: this.#stream && this.#lagSegments(this.#stream),
      lagMs: this.#stream && this.#lagMs(this.#stream),
      lastError,
      lastSuccess: this.#lastSuccess,
      deadLetters: this.#stream?.letters,
      gatherMs: typeof sink.gather === 'object' ? sink.gather.maxAgeMs : 0,
    };
  }

  /** Opens, ships and closes. True when it failed unexpectedly and, a minute later, is to be begun anew. */
  async #session(signals: StopSignals): Promise<boolean> {
    let fenced = false;
    try {
      await this.#open(signals);
      await this.#ship(signals);
      return false;
    } catch (error) {
      if (signals.soft.aborted) return false;
      fenced = hasCode(error, 'shipper.fenced');
      if (fenced) this.#health.fenced(error);
      else this.#health.stopped('shipper', error);
    } finally {
      await this.#stream?.close(!fenced);
      if (signals.soft.aborted) this.#health.enter('closed');
    }
    if (fenced) return false;
    await this.#options.clock.sleep(STOPPED_MS, signals.soft).catch(() => {});
    return !signals.soft.aborted;
  }

  async #open(signals: StopSignals): Promise<void> {
    const health = this.#health;
    const stream = await Stream.open({ ...this.#options, health, signals });
    const { sink, journal, source, mapper, batch, clock, log } = this.#options;
    const hurried = () => this.#drains.length > 0;
    const onLost = (lost: number, at: Position) => this.#tellLost(lost, at);
    const { gather } = sink;
    const gatherer = gather && new Gatherer(gather, journal, clock, stream.start.range);
    const deps = { journal, source, mapper, batch, clock, gatherer, hurried, onLost };
    this.#gatherer = gatherer;
    this.#reader = new BatchReader(deps, stream.position, stream.start.floor);
    this.#stream = stream;
    this.#headAtStart = journal.head.n;
    health.enter('open');
    health.fine('shipper');
    log.info({ start: stream.start.kind, ...stream.position, head: journal.head.n }, 'shipping');
    this.#settleDrains();
  }

  async #ship(signals: StopSignals): Promise<void> {
    const { sink } = this.#options;
    const flights = new Flights(sink.gather === undefined ? (sink.concurrency ?? 1) : 1);
    try {
      let next = this.#prepare(signals.soft);
      while (!signals.soft.aborted) {
        const due = await this.#dueOrReplay(next);
        if (due === undefined) {
          await flights.landed();
          await this.#replayFirst(signals.soft);
          continue;
        }
        if (flights.count === 0) this.#oldestMs = due.writtenMs ?? this.#oldestMs;
        flights.add(this.#deliver(due), due.bytes);
        next = this.#prepare(signals.soft);
        await flights.room();
      }
    } finally {
      await flights.landed().catch(() => {});
    }
  }

  /** Begins to gather the next batch. */
  #prepare(signal: AbortSignal): Promise<DueBatch> {
    const next = this.#stream!.keepTrying('journal', () => this.#reader!.next(signal));
    // Awaited later: until then an abort must not count as unhandled.
    next.catch(() => {});
    return next;
  }

  /**
   * The next batch, or undefined as soon as a replay waits and may run: not before all is delivered that the
   * journal held at the start, since until then a sink may have to find again what it took before a crash.
   */
  async #dueOrReplay(next: Promise<DueBatch>): Promise<DueBatch | undefined> {
    if (this.#stream!.position.segment <= this.#headAtStart) return await next;
    if (this.#replays.length > 0) return undefined;
    // Not Promise.race: a promise that lives on would hold every batch that was raced against it.
    try {
      return await new Promise<DueBatch | undefined>((resolve, reject) => {
        this.#replayQueued = () => resolve(undefined);
        next.then(resolve, reject);
      });
    } finally {
      this.#replayQueued = undefined;
    }
  }

  async #deliver({ records, next, minimal, range, ends, release }: DueBatch): Promise<void> {
    const { metrics, clock, journal } = this.#options;
    const stream = this.#stream!;
    if (minimal > 0) metrics.count('clarifai_siem_sink_minimal_records_total', this.#labels, minimal);
    if (range !== undefined) await stream.begin(range);
    await stream.ship(new OpenBatch(records), next, this.#mayBeSentBefore(records));
    release();
    this.#uncertain &&= records.length === 0;
    if (records.length > 0) this.#lastSuccess = new Date(clock.nowMs()).toISOString();
    if (range !== undefined && !ends) return;
    await stream.save(range !== undefined || stream.position.segment > journal.head.n);
    if (range !== undefined || this.#lagSegments(stream) === 0) this.#oldestMs = undefined;
    this.#settleDrains();
  }

  /**
   * Whether the process before this one may have sent `records`: the first batch for sure, and where the cursor is
   * saved less often than a batch is sent, anything that was in the journal at the start.
   */
  #mayBeSentBefore(records: readonly OutRecord[]): boolean {
    const segment = records[0]?.position.segment;
    return this.#uncertain || (this.#options.sink.idempotent && segment! <= this.#headAtStart);
  }

  async #replayFirst(signal: AbortSignal): Promise<void> {
    const queued = this.#replays.shift()!;
    try {
      queued.resolve(await resend(queued.request, this.#stream!, this.#options, signal));
    } catch (error) {
      queued.reject(signal.aborted ? this.#endedError() : error);
      if (signal.aborted || hasCode(error, 'shipper.fenced')) throw error;
    }
  }

  #lagSegments({ saved }: Stream): number {
    return Math.max(0, this.#options.journal.head.n + 1 - saved.segment);
  }

  #lagMs(stream: Stream): number | undefined {
    const { clock, journal } = this.#options;
    const segments = this.#lagSegments(stream);
    if (segments === 0) return 0;
    // A batch that is still being gathered has told no time yet; a single segment is the head itself.
    const oldestMs =
      this.#oldestMs ??
      this.#gatherer?.oldestMs ??
      (segments === 1 ? Date.parse(journal.head.written) : undefined);
    return oldestMs === undefined ? undefined : Math.max(0, clock.nowMs() - oldestMs);
  }

  #tellLost(lost: number, at: Position): void {
    const { log, metrics } = this.#options;
    metrics.count('clarifai_siem_sink_lost_segments_total', this.#labels, lost);
    log.error(
      { lost_segments: lost, segment: at.segment },
      'retention removed segments before this sink got them; it goes on with the first one left. Raise journal.retention',
    );
  }

  #settleDrains(): void {
    const saved = this.#stream?.saved.segment ?? -1;
    this.#drains = this.#drains.filter((drain) => {
      if (saved > drain.head) drain.resolve();
      return saved <= drain.head;
    });
  }

  #end(): void {
    this.#ended = true;
    const error = this.#endedError();
    for (const { reject } of [...this.#drains, ...this.#replays]) reject(error);
    this.#drains = [];
    this.#replays = [];
  }

  #endedError(): ConnectorError {
    const { sink, source } = this.#options;
    const { state, lastError } = this.#health;
    const why = state === 'fenced' && lastError !== undefined ? lastError.message : 'it was told to stop.';
    return new ConnectorError(`Shipping from ${source.id} to ${sink.id} has ended: ${why}`, {
      code: 'shipper.ended',
    });
  }
}
