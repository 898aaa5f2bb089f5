import type { BatchConfig } from '../../src/config/types.ts';
import type { JournalEntry } from '../../src/journal/types.ts';
import type { RecordMapper } from '../../src/record/record.ts';
import type { Log } from '../../src/runtime/log.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import { createShipper, type Shipper, type ShipperOptions } from '../../src/shipper/shipper.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { seededRandom } from '../support/stepping-clock.ts';

const FIRST_DAY = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** Entry `n`, on day `day` after 2026-01-01; undated when `day` is undefined. */
export function entry(n: number, day: number | undefined = 0, padding = ''): JournalEntry {
  const ms = day === undefined ? undefined : FIRST_DAY + day * DAY_MS + n;
  const timestamp = ms === undefined ? 'never' : new Date(ms).toISOString();
  const bytes = Buffer.from(JSON.stringify({ timestamp, req_id: `r${n}`, padding }));
  return {
    id: idOf(n),
    at: ms === undefined ? undefined : BigInt(ms) * 1_000_000n,
    bytes,
    size: bytes.length,
    utf8: true,
  };
}

/** Entries `from` to `to`, exclusive. */
export function entries(from: number, to: number, day = 0): JournalEntry[] {
  return Array.from({ length: to - from }, (_, i) => entry(from + i, day));
}

/** Event id of entry `n`. */
export function idOf(n: number): string {
  return n.toString(16).padStart(64, '0');
}

/** Numbers of the entries with these ids. */
export function numbersOf(ids: Iterable<string>): number[] {
  return [...ids].map((id) => Number.parseInt(id, 16));
}

/** Counts from `from` to `to`, exclusive. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

let mapped = 0;

/** The entry as it came, by its date. As with the product's mappers, its line is gone when the next entry is mapped. */
export const plainMapper: RecordMapper = (bytes) => {
  const line = bytes.toString();
  const number = ++mapped;
  const { timestamp } = JSON.parse(line) as { timestamp: string };
  return {
    get line(): string {
      if (number === mapped) return line;
      throw new Error('The line of a record was read after the next entry was mapped: a defect.');
    },
    date: timestamp === 'never' ? undefined : timestamp.slice(0, 10),
    minimal: false,
  };
};

/** A log that keeps its lines, for tests of what an operator is told. */
export class KeptLog implements Log {
  readonly lines: { level: 'debug' | 'info' | 'warn' | 'error'; message: string; fields: object }[] = [];

  debug(fields: object, message: string): void {
    this.lines.push({ level: 'debug', message, fields });
  }

  info(fields: object, message: string): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(fields: object, message: string): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(fields: object, message: string): void {
    this.lines.push({ level: 'error', message, fields });
  }

  child(): Log {
    return this;
  }

  /** Messages of one level. */
  of(level: 'info' | 'warn' | 'error'): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }
}

/** A batch size for tests: three records, and no waiting worth speaking of. */
export const SMALL: BatchConfig = { maxRecords: 3, maxBytes: 1_000_000, maxWaitMs: 1_000 };

/** Everything around a shipper, with defaults. */
export interface Scene {
  readonly options: ShipperOptions;
  readonly shipper: Shipper;
  readonly journal: MemoryJournal;
  readonly store: MemoryStore;
  readonly metrics: MemoryMetrics;
  readonly log: KeptLog;
  readonly clock: FakeClock;
  /** Starts it. */
  start(): void;
  /** Stops it, and waits until it has stopped. */
  stop(): Promise<void>;
}

/** Sets a scene for `sink`. */
export function scene(sink: Sink, changes: Partial<Omit<ShipperOptions, 'sink'>> = {}): Scene {
  const journal = (changes.journal as MemoryJournal | undefined) ?? new MemoryJournal();
  const store = (changes.store as MemoryStore | undefined) ?? new MemoryStore();
  const clock = (changes.clock as FakeClock | undefined) ?? new FakeClock({ auto: true });
  const metrics = new MemoryMetrics();
  const log = new KeptLog();
  const options: ShipperOptions = {
    source: { id: 'acme', userId: 'acme-corp' },
    mapper: plainMapper,
    batch: SMALL,
    from: 'earliest',
    random: seededRandom(1),
    metrics,
    log,
    ...changes,
    sink,
    journal,
    store,
    clock,
  };
  const shipper = createShipper(options);
  const abort = new AbortController();
  let running: Promise<void> | undefined;
  return {
    options,
    shipper,
    journal,
    store,
    metrics,
    log,
    clock,
    start: () => {
      running ??= shipper.run(abort.signal);
    },
    stop: async () => {
      abort.abort(new Error('stopped by the test'));
      await running;
    },
  };
}
