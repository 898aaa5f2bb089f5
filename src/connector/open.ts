import { Collector } from '../collector/collector.ts';
import { ServerClock } from '../collector/server-clock.ts';
import type { ConnectorConfig, SinkConfig, SourceConfig, StartConfig } from '../config/types.ts';
import { earlier, floorSecond, fromMs, type Nanos } from '../event/span.ts';
import { fingerprintOf } from '../journal/fingerprint.ts';
import { openJournal } from '../journal/journal.ts';
import type { Journal } from '../journal/types.ts';
import { createStreamingMapper } from '../record/formats.ts';
import type { Clock } from '../runtime/clock.ts';
import { createShipper, type Shipper, type ShipperOptions } from '../shipper/shipper.ts';
import { createSink } from '../sink/registry.ts';
import type { Sink } from '../sink/sink.ts';
import type { AuditLogApi } from '../source/api.ts';
import type { Store } from '../store/store.ts';
import { Activity } from './activity.ts';
import { JournalRoom } from './journal-room.ts';
import { type Machine, sinkDepsOf } from './machine.ts';
import { SourceHealth } from './source-health.ts';
import { StoreSize } from './store-size.ts';

/** A source with everything that reads and ships it. */
export interface OpenSource {
  readonly config: SourceConfig;
  readonly journal: Journal;
  readonly collector: Collector;
  readonly room: JournalRoom;
  readonly health: SourceHealth;
  readonly activity: Activity;
  /** By sink id. */
  readonly shippers: ReadonlyMap<string, Shipper>;
}

/** A connector that is open: the store's lock is held by whoever opened it. */
export interface Connector {
  readonly config: ConnectorConfig;
  readonly machine: Machine;
  readonly store: Store;
  readonly sources: readonly OpenSource[];
  readonly sinks: readonly Sink[];
}

/** Makes the API of a source. */
export type ApiFor = (source: SourceConfig) => AuditLogApi;

/**
 * Opens journals, collectors and shippers of all sources. Nothing is asked of the API. Throws what opening a journal
 * throws: a damaged chain (exit 6), a changed source under an old id (exit 2).
 *
 * @param signal aborts when reading is to stop
 * @param makeSink makes the sinks; default {@link createSink}
 */
export async function openConnector(
  config: ConnectorConfig,
  machine: Machine,
  store: Store,
  apiFor: ApiFor,
  signal: AbortSignal,
  makeSink = createSink,
): Promise<Connector> {
  const deps = sinkDepsOf(machine);
  const sinks = await Promise.all(config.sinks.map((sink) => makeSink(sink, deps)));
  const size = new StoreSize(store);
  const sources: OpenSource[] = [];
  for (const source of config.sources) {
    sources.push(await openSource(source, config, sinks, machine, store, size, apiFor(source), signal));
  }
  return { config, machine, store, sources, sinks };
}

async function openSource(
  source: SourceConfig,
  config: ConnectorConfig,
  sinks: readonly Sink[],
  machine: Machine,
  store: Store,
  size: StoreSize,
  api: AuditLogApi,
  signal: AbortSignal,
): Promise<OpenSource> {
  const { clock, random, metrics } = machine;
  const log = machine.log.child({ source: source.id });
  const start = resolveStart(source.start, clock.nowMs());
  const serverClock = new ServerClock(clock);
  const journal = await openJournal({
    store,
    source: source.id,
    clock: boundBy(serverClock, clock),
    random,
    codec: machine.codec,
    fingerprint: fingerprintOf(source),
    resolveStart: () => start,
    log: machine.log,
  });
  const shippers = new Map<string, Shipper>();
  for (const [i, sink] of sinks.entries()) {
    const options = shipperOptions(config.sinks[i]!, sink, source, journal, machine, store);
    if (config.sinks[i]!.sources.includes(source.id)) shippers.set(sink.id, createShipper(options));
  }
  const room = new JournalRoom({
    source,
    journal,
    store,
    config: config.journal,
    shippers,
    size,
    machine,
    log,
    signal,
  });
  const activity = new Activity();
  const earliest = earlier(start, journal.genesis.start);
  const collector = new Collector({
    source,
    api,
    journal,
    start: earliest,
    clock,
    serverClock,
    log,
    metrics,
    retry: async (write) => {
      const written = await room.retry(write);
      if (written !== undefined) activity.add(written.segment, clock.nowMs());
      return written;
    },
  });
  return { config: source, journal, collector, room, health: new SourceHealth(), activity, shippers };
}

/** `clock` as a journal may write it down: not ahead of the server, once that has told its time. */
function boundBy(server: ServerClock, clock: Clock): Clock {
  return {
    nowMs: () => server.trustedMs() ?? clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    deadline: (ms, parent) => clock.deadline(ms, parent),
  };
}

/** What a shipper of `sink` for `source` is made with. */
export function shipperOptions(
  config: SinkConfig,
  sink: Sink,
  source: SourceConfig,
  journal: Journal,
  machine: Machine,
  store: Store,
): ShipperOptions {
  const { clock, random, metrics } = machine;
  const labels = { source: source.id, sink: sink.id };
  const mapper = createStreamingMapper(
    config.format,
    config.records,
    (what) => {
      // `wrong_type.<field>`: the field is no label, there are too many of them.
      metrics.count('clarifai_siem_records_unmapped_total', { ...labels, what: what.split('.', 1)[0]! });
    },
    // The fields for Splunk are made from the entry, which a sink does not see.
    config.type === 'splunk_hec' ? config : undefined,
  );
  return {
    sink,
    source: { id: source.id, userId: source.userId },
    journal,
    store,
    mapper,
    batch: config.batch,
    from: config.from,
    clock,
    random,
    log: machine.log,
    metrics,
  };
}

/** The first instant of a source: whole seconds. */
export function resolveStart(start: StartConfig, nowMs: number): Nanos {
  if (start.kind === 'at') return fromMs(start.ms);
  return floorSecond(fromMs(start.kind === 'now' ? nowMs : nowMs - start.ms));
}
