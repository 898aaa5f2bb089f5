import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import type { Span } from '../event/span.ts';
import { type SpanSet, subtractSpans, unionSpans } from '../event/span-set.ts';
import { fingerprintOf } from '../journal/fingerprint.ts';
import { recover } from '../journal/recovery.ts';
import { SegmentFiles } from '../journal/segment-files.ts';
import type { Genesis, SegmentHeader } from '../journal/types.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { CursorFile, cursorKey } from '../shipper/cursor.ts';
import { DeadLetters } from '../shipper/dead-letters.ts';
import type { ShipperState } from '../shipper/health.ts';
import type { Store } from '../store/store.ts';
import type { ActivityReport } from './activity.ts';

/** What only the running process knows of a sink. */
export interface SinkLive {
  readonly state: ShipperState;
  /** Age of the oldest segment that the sink does not have whole, milliseconds; undefined when not known yet. */
  readonly lagMs: number | undefined;
  /** Code of what went wrong last, kept after recovery. Never its message: that may name hosts and files. */
  readonly lastErrorCode: string | undefined;
  /** When that was, RFC 3339. */
  readonly lastErrorAt: string | undefined;
  /** When the sink last took a batch, RFC 3339; undefined before the first since the start. */
  readonly lastSuccess: string | undefined;
  /** How large `lagMs` may become because the sink gathers, milliseconds; 0 for one that does not. */
  readonly gatherMs: number;
}

/** How far a sink is with a source. */
export interface SinkStatus {
  readonly sink: string;
  /** The next record due; undefined before the sink's first batch. */
  readonly position: { readonly segment: number; readonly line: number } | undefined;
  /** Segments that are not delivered whole. */
  readonly lagSegments: number;
  /** Records that the sink refused. */
  readonly deadLetters: number;
  /** Undefined when no process runs. */
  readonly live: SinkLive | undefined;
}

/** What only the running process knows of a source. */
export interface SourceLive extends ActivityReport {
  /** Code of the refusal while Clarifai refuses us. */
  readonly refused: string | undefined;
  /** Wall clock of the last poll that read everything it was to read, milliseconds. */
  readonly lastPollMs: number | undefined;
  /** The lag beyond which the source is not ready, milliseconds. */
  readonly staleAfterMs: number;
  /** Whether polling waits because the journal has reached its bound. */
  readonly full: boolean;
  /** Code of the error while the journal cannot be written. */
  readonly failing: string | undefined;
  /** Event time that could not be read when last tried. */
  readonly holes: SpanSet;
}

/** How the journal of a source is doing. */
export interface JournalStatus {
  readonly chainId: string;
  /** Number of the newest segment. */
  readonly head: number;
  readonly headHash: string;
  /** When the newest segment was written, RFC 3339. */
  readonly written: string;
  /** Whether the config still names what the journal was begun with. */
  readonly sameSource: boolean;
  readonly start: Span['from'];
  /** Event time that is read. */
  readonly coverage: readonly Span[];
  /** Event time from the start to the end of coverage that is not: backfill reads it, except for gaps. */
  readonly uncovered: readonly Span[];
  /** Given up: the API no longer showed it. */
  readonly gaps: readonly Span[];
  /** Removed by retention. */
  readonly trimmed: readonly Span[];
  /** From the end of coverage to now, milliseconds. */
  readonly lagMs: number;
  readonly bytes: number;
}

/** How a source is doing. */
export interface SourceStatus {
  readonly source: string;
  /** Undefined before the first run. */
  readonly journal: JournalStatus | undefined;
  readonly sinks: readonly SinkStatus[];
  /** Undefined when no process runs. */
  readonly live: SourceLive | undefined;
}

/**
 * Reads how all sources and their sinks are doing from what is stored: no network, no lock. Throws what reading a damaged journal
 * throws (exit 6).
 */
export async function readStatus(
  config: ConnectorConfig,
  store: Store,
  clock: Clock,
  random: Random,
): Promise<SourceStatus[]> {
  const result: SourceStatus[] = [];
  for (const source of config.sources) {
    const journal = await readJournalStatus(source, store, clock);
    const sinks: SinkStatus[] = [];
    for (const sink of config.sinks.filter((each) => each.sources.includes(source.id))) {
      const cursor = await new CursorFile(store, cursorKey(source.id, sink.id), clock, random).load();
      const valid = cursor !== undefined && cursor.chainId === journal?.chainId ? cursor.position : undefined;
      sinks.push({
        sink: sink.id,
        position: valid,
        lagSegments: journal === undefined ? 0 : Math.max(0, journal.head + 1 - (valid?.segment ?? 0)),
        deadLetters: await new DeadLetters(store, sink.id, source.id).count(),
        live: undefined,
      });
    }
    result.push({ source: source.id, journal, sinks, live: undefined });
  }
  return result;
}

async function readJournalStatus(
  source: SourceConfig,
  store: Store,
  clock: Clock,
): Promise<JournalStatus | undefined> {
  const found = await recover(store, new SegmentFiles(store, source.id), () => {});
  if (found === undefined) return undefined;
  const { header, hash } = found.head;
  return {
    ...journalStatus(header, found.genesis.header.genesis!, header.coverage, clock.nowMs()),
    headHash: hash,
    sameSource: found.genesis.header.genesis!.fingerprint === fingerprintOf(source),
    trimmed: found.trim?.spans ?? [],
    bytes: await store.size(`${source.id}/`),
  };
}

/** What the head of a journal says. */
export function journalStatus(
  head: SegmentHeader,
  genesis: Genesis,
  coverage: SpanSet,
  nowMs: number,
): Omit<JournalStatus, 'headHash' | 'sameSource' | 'trimmed' | 'bytes'> {
  const end = coverage.at(-1)?.to ?? genesis.start;
  const known = unionSpans(coverage, head.gaps);
  return {
    chainId: genesis.chainId,
    head: head.n,
    written: head.written,
    start: genesis.start,
    coverage,
    uncovered: genesis.start < end ? subtractSpans({ from: genesis.start, to: end }, known) : [],
    gaps: head.gaps,
    lagMs: Math.max(0, nowMs - Number(end / 1_000_000n)),
  };
}
