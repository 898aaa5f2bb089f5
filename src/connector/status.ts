import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import type { Span } from '../event/span.ts';
import { subtractSpans, unionSpans } from '../event/span-set.ts';
import { fingerprintOf } from '../journal/fingerprint.ts';
import { recover } from '../journal/recovery.ts';
import { SegmentFiles } from '../journal/segment-files.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { CursorFile, cursorKey } from '../shipper/cursor.ts';
import { DeadLetters } from '../shipper/dead-letters.ts';
import type { Store } from '../store/store.ts';

/** How far a sink is with a source, from what is stored. */
export interface SinkStatus {
  readonly sink: string;
  /** The next record due; undefined before the sink's first batch. */
  readonly position: { readonly segment: number; readonly line: number } | undefined;
  /** Segments that are not delivered whole. */
  readonly lagSegments: number;
  /** Records that the sink refused. */
  readonly deadLetters: number;
}

/** How a source is doing, from what is stored: no network, no lock. */
export interface SourceStatus {
  readonly source: string;
  /** Undefined before the first run. */
  readonly journal:
    | {
        readonly chainId: string;
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
    | undefined;
  readonly sinks: readonly SinkStatus[];
}

/** Reads how all sources and their sinks are doing. Throws what reading a damaged journal throws (exit 6). */
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
      });
    }
    result.push({ source: source.id, journal, sinks });
  }
  return result;
}

async function readJournalStatus(
  source: SourceConfig,
  store: Store,
  clock: Clock,
): Promise<SourceStatus['journal']> {
  const found = await recover(store, new SegmentFiles(store, source.id), () => {});
  if (found === undefined) return undefined;
  const { header, hash } = found.head;
  const genesis = found.genesis.header.genesis!;
  const nowMs = clock.nowMs();
  const end = header.coverage.at(-1)?.to ?? genesis.start;
  const known = unionSpans(header.coverage, header.gaps);
  return {
    chainId: genesis.chainId,
    head: header.n,
    headHash: hash,
    written: header.written,
    sameSource: genesis.fingerprint === fingerprintOf(source),
    start: genesis.start,
    coverage: header.coverage,
    uncovered: genesis.start < end ? subtractSpans({ from: genesis.start, to: end }, known) : [],
    gaps: header.gaps,
    trimmed: found.trim?.spans ?? [],
    lagMs: Math.max(0, nowMs - Number(end / 1_000_000n)),
    bytes: await store.size(`${source.id}/`),
  };
}
