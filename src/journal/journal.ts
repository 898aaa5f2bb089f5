import type { Nanos } from '../event/span.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Store } from '../store/store.ts';
import { type Codec, gzipCodec } from './codec.ts';
import { type Found, recover } from './recovery.ts';
import { encodeSegment } from './segment.ts';
import { SegmentCache } from './segment-cache.ts';
import { SegmentFiles } from './segment-files.ts';
import { StoredJournal } from './stored-journal.ts';
import { type Genesis, SEGMENT_FORMAT, type Segment } from './types.ts';

const CACHE_BYTES = 3 * 1024 * 1024;

/** `prev` of a genesis that replaces nothing. */
export const NO_HASH = '0'.repeat(64);

/** What {@link openJournal} works with. */
export interface JournalOptions {
  readonly store: Store;
  /** Source id. */
  readonly source: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Default gzip. */
  readonly codec?: Codec;
  /** See `fingerprintOf`. */
  readonly fingerprint: string;
  /** The configured start, resolved: called once in the life of a journal. */
  readonly resolveStart: () => Nanos;
  readonly log: Log;
  /** Bytes of segments kept in memory, default 3 MiB. */
  readonly cacheBytes?: number;
}

/**
 * Opens the journal of a source. A new one begins here, with its genesis, before anything is asked of the API.
 * Reads the segments of the overlap and checks their chain. Throws `journal.damaged`, `journal.newer_format` and
 * `journal.repairing` (exit 6), `journal.fingerprint` (exit 2), and what the store throws.
 */
export async function openJournal(options: JournalOptions): Promise<StoredJournal> {
  const { store, source, codec = gzipCodec, clock, cacheBytes = CACHE_BYTES } = options;
  const files = new SegmentFiles(store, source, codec);
  const cache = new SegmentCache(cacheBytes);
  const log = options.log.child({ source });
  const found = await findOrBegin(options, files, cache);
  const { header, hash } = found.head;
  checkFingerprint(found.genesis, options);
  log.info({ segment: header.n, hash, chain: found.genesis.header.genesis!.chainId }, 'journal opened');
  return new StoredJournal({ store, files, cache, clock, log }, found);
}

async function findOrBegin(
  options: JournalOptions,
  files: SegmentFiles,
  cache: SegmentCache,
): Promise<Found> {
  const find = () => recover(options.store, files, (segment) => void cache.add(segment));
  const found = await find();
  if (found !== undefined) return found;
  const genesis = encodeGenesis(files.source, options.clock.nowMs(), {
    chainId: options.random.hex(8),
    start: options.resolveStart(),
    fingerprint: options.fingerprint,
  });
  const ours = await files.put(genesis, await files.pack(genesis));
  if (!ours) return (await find())!;
  cache.add(genesis);
  return { genesis, head: genesis, trim: undefined };
}

/** Segment 0 of a new chain. */
function encodeGenesis(source: string, nowMs: number, genesis: Genesis): Segment {
  return encodeSegment(
    {
      v: SEGMENT_FORMAT,
      source,
      n: 0,
      written: new Date(nowMs).toISOString(),
      prev: NO_HASH,
      kind: 'genesis',
      answers: [],
      coverage: [],
      gaps: [],
      resume: 0,
      undated: [],
      largestPage: 0,
      genesis,
    },
    [],
  );
}

function checkFingerprint({ header }: Segment, { source, fingerprint }: JournalOptions): void {
  if (header.genesis!.fingerprint === fingerprint) return;
  throw new ConnectorError(
    `base_url, user_id or filter of source ${source} differ from those its journal was begun with: what it says to be ` +
      'read would not be true of them. Use a new source id for the new settings, or put the old ones back.',
    { code: 'journal.fingerprint', exitCode: ExitCode.config },
  );
}
