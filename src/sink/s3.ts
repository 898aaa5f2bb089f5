import type { Environment } from '../config/environment.ts';
import type { S3SinkConfig } from '../config/types.ts';
import { readCaFile } from '../http/outbound.ts';
import type { Clock } from '../runtime/clock.ts';
import { ConnectorError, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { S3Bucket } from './s3-bucket.ts';
import { s3FaultOf } from './s3-errors.ts';
import { S3Object } from './s3-object.ts';
import type {
  Batch,
  GatherRule,
  OutRecord,
  Position,
  SegmentRange,
  Sink,
  SinkContext,
  SinkWriter,
  SourceRef,
  WriteResult,
} from './sink.ts';

/** Objects of one range that are finished at once. */
const PARALLEL = 4;
/** Refusals of a checksum in a row after which the range is made anew from the journal, with an alarm. */
const MOST_CHECKSUMS = 3;
/** Time for giving uploads up when a writer closes, milliseconds. */
const CLOSE_MS = 2_000;
/** The object that conditional writes are tried with. */
const PROBE = '_clarifai-siem-export/probe';
const PROBE_BODY = Buffer.from(
  'Written by clarifai-siem-export to try conditional writes. It may be deleted.\n',
);
const DONE: WriteResult = { retry: [], refused: [] };

/** What a store does with `If-None-Match: *`. */
type Conditions = 'honoured' | 'ignored' | 'refused';

/** What an {@link S3Sink} is made of. */
export interface S3SinkOptions {
  readonly config: S3SinkConfig;
  readonly bucket: S3Bucket;
  readonly log: Log;
}

/**
 * Key of an object: `<prefix><source>/<chain id>/<format>/date=<YYYY-MM-DD>/<first>-<last>.ndjson.gz`, with the event
 * date in UTC (`undated` without one) and the numbers of the first and the last segment.
 */
export function objectKey(
  { prefix, format }: Pick<S3SinkConfig, 'prefix' | 'format'>,
  source: SourceRef,
  date: string | undefined,
  range: SegmentRange,
): string {
  const [first, last] = [range.first, range.last].map((n) => String(n).padStart(12, '0'));
  return `${prefix}${source.id}/${source.chainId}/${format}/date=${date ?? 'undated'}/${first}-${last}.ndjson.gz`;
}

/**
 * Compressed lines in objects of S3. An object holds the entries of one event date of a range of segments; its key
 * tells which, and is written on the condition that nothing is there: what is written again is recognised.
 */
export class S3Sink implements Sink {
  readonly id: string;
  readonly idempotent = true;
  readonly gather: GatherRule | 'each';
  readonly #options: S3SinkOptions;
  #probed: Promise<void> | undefined;

  constructor(options: S3SinkOptions) {
    this.id = options.config.id;
    this.gather = options.config.roll;
    this.#options = options;
  }

  /** Leaves the probe, which is always the same object. */
  async check(signal: AbortSignal): Promise<void> {
    await this.#probe(signal);
  }

  async open({ source }: SinkContext): Promise<SinkWriter> {
    this.#probed ??= this.#probe(new AbortController().signal).catch((error: unknown) => {
      this.#probed = undefined;
      throw error;
    });
    await this.#probed;
    const { config, bucket } = this.#options;
    return new S3Writer(bucket, (date, range) => objectKey(config, source, date, range));
  }

  async close(): Promise<void> {
    this.#options.bucket.close();
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { bucket, log, config } = this.#options;
    const conditions = await tryConditions(bucket, `${config.prefix}${PROBE}`, signal);
    bucket.conditional = conditions !== 'refused';
    if (conditions === 'honoured') {
      log.info({ bucket: config.bucket }, 'the store honours conditional writes: nothing is overwritten');
      return;
    }
    log.warn(
      { bucket: config.bucket, conditions },
      'the store knows no conditional writes: what is written again after a crash overwrites the same object with ' +
        'the same entries; let nothing else write there',
    );
  }
}

async function tryConditions(bucket: S3Bucket, key: string, signal: AbortSignal): Promise<Conditions> {
  bucket.conditional = true;
  const put = () => bucket.put(key, PROBE_BODY, {}, signal, false);
  try {
    await put();
    return (await put()) === 'exists' ? 'honoured' : 'ignored';
  } catch (error) {
    const { status, name } = s3FaultOf((error as Error).cause);
    if (status !== 501 && !/NotImplemented/.test(name)) throw error;
    bucket.conditional = false;
    await put();
    return 'refused';
  }
}

/** Writes one range at a time. */
class S3Writer implements SinkWriter {
  readonly #bucket: S3Bucket;
  readonly #keyOf: (date: string | undefined, range: SegmentRange) => string;
  #range: SegmentRange | undefined;
  #objects = new Map<string | undefined, S3Object>();
  /** Place of the last record added of the range. */
  #added: Position | undefined;
  #checksums = 0;

  constructor(bucket: S3Bucket, keyOf: (date: string | undefined, range: SegmentRange) => string) {
    this.#bucket = bucket;
    this.#keyOf = keyOf;
  }

  async write({ records, range }: Batch, signal: AbortSignal): Promise<WriteResult> {
    signal.throwIfAborted();
    if (range === undefined) throw new Error('A batch for S3 came without its range: a defect.');
    if (this.#range?.first !== range.first || this.#range.last !== range.last) {
      await this.#abandon(signal);
      this.#range = range;
    }
    for (const record of records) this.#add(record, range);
    await this.#upload(async () => {
      for (const object of this.#objects.values()) await object.drain(signal);
    });
    return DONE;
  }

  async flush(signal: AbortSignal): Promise<undefined> {
    const waiting = [...this.#objects.values()];
    const finishNext = async () => {
      for (let object = waiting.shift(); object !== undefined; object = waiting.shift()) {
        await object.finish(signal);
      }
    };
    await this.#upload(async () => {
      const finished = await Promise.allSettled(Array.from({ length: PARALLEL }, finishNext));
      for (const result of finished) if (result.status === 'rejected') throw result.reason;
    });
    this.#forget();
  }

  async #upload(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#checksums = 0;
    } catch (error) {
      if (!hasCode(error, 'sink.checksum')) throw error;
      this.#checksums += 1;
      if (this.#checksums < MOST_CHECKSUMS) throw error;
      throw new ConnectorError(
        `${(error as Error).message} This was the ${MOST_CHECKSUMS}rd time: memory, network or store damage bytes. ` +
          'The range is made anew from the journal.',
        { code: 'sink.range_lost', cause: error },
      );
    }
  }

  async close(): Promise<void> {
    await this.#abandon(AbortSignal.timeout(CLOSE_MS));
  }

  /** Adds a record, unless it was added by a former try of its batch. */
  #add(record: OutRecord, range: SegmentRange): void {
    const { segment, line } = record.position;
    const before = this.#added;
    if (
      before !== undefined &&
      (segment < before.segment || (segment === before.segment && line <= before.line))
    ) {
      return;
    }
    let object = this.#objects.get(record.date);
    if (object === undefined) {
      object = new S3Object(this.#bucket, this.#keyOf(record.date, range));
      this.#objects.set(record.date, object);
    }
    object.add(record);
    this.#added = record.position;
  }

  async #abandon(signal: AbortSignal): Promise<void> {
    const objects = [...this.#objects.values()];
    this.#forget();
    await Promise.all(objects.map((object) => object.abandon(signal)));
  }

  #forget(): void {
    this.#objects = new Map();
    this.#range = undefined;
    this.#added = undefined;
  }
}

/** Makes the sink of `config`. Throws `config.ca_file` (exit 2) when its CA file cannot be read. */
export async function createS3Sink(
  config: S3SinkConfig,
  { log, env, clock }: { readonly log: Log; readonly env: Environment; readonly clock: Clock },
): Promise<S3Sink> {
  const caPem = config.caFile === undefined ? undefined : await readCaFile(config.caFile);
  return new S3Sink({ config, bucket: new S3Bucket(config, caPem, env, clock), log });
}
