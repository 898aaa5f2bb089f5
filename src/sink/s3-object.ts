import { createHash } from 'node:crypto';
import { createGunzip, createGzip, type Gzip, gzipSync } from 'node:zlib';
import { ConnectorError } from '../runtime/errors.ts';
import type { S3Bucket, StoredPart } from './s3-bucket.ts';
import type { OutRecord } from './sink.ts';

/** Size of a part, compressed; smaller objects are written by one request. S3 wants at least 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024;
/** Lines kept before they are compressed: objects of a quiet day need no compressor of their own for long. */
const RAW_BYTES = 256 * 1024;
const LEVEL = 6;
const LF = 10;
/** Metadata of an object: SHA-256 of its event ids, each with a line end, and how many there are. */
const IDS = 'event-ids-sha256';
const COUNT = 'entries';

/**
 * An object in the making: lines of records, compressed by gzip, with a condition that nothing is at its key. What
 * fails may be called again, and nothing is added or sent twice by that.
 */
export class S3Object {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #ids = createHash('sha256');
  #firstId = '';
  #lastId = '';
  #count = 0;
  #raw: Buffer[] = [];
  #rawBytes = 0;
  #gzip: Gzip | undefined;
  #packed: Buffer[] = [];
  #packedBytes = 0;
  #ended = false;
  #digest: string | undefined;
  #upload: string | undefined;
  readonly #parts: StoredPart[] = [];
  #stored = false;

  constructor(bucket: S3Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  /** Adds a record behind the others. Its line is copied. */
  add(record: OutRecord): void {
    const line = lineOf(record);
    this.#raw.push(line);
    this.#rawBytes += line.length;
    this.#ids.update(`${record.id}\n`);
    if (this.#count === 0) this.#firstId = record.id;
    this.#lastId = record.id;
    this.#count += 1;
  }

  /** Compresses and uploads what has come together. Throws what the bucket throws. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#rawBytes >= RAW_BYTES) await this.#compress();
    while (this.#packedBytes > PART_BYTES) await this.#sendPart(signal);
  }

  /**
   * Stores the object. What is there already counts when it holds the same entries. Throws what the bucket throws;
   * `sink.other_content` (not retryable) when it does not; `sink.range_lost` when the upload is gone and all has to
   * be written anew.
   */
  async finish(signal: AbortSignal): Promise<void> {
    if (this.#stored) return;
    await this.#end();
    if (this.#upload === undefined && this.#packedBytes <= PART_BYTES) await this.#put(signal);
    else await this.#complete(signal);
    this.#stored = true;
  }

  /** Gives up. Throws nothing. */
  async abandon(signal: AbortSignal): Promise<void> {
    this.#gzip?.destroy();
    if (this.#upload !== undefined && !this.#stored) {
      await this.#bucket.abort(this.#key, this.#upload, signal);
    }
  }

  async #compress(): Promise<void> {
    const lines = Buffer.concat(this.#takeRaw());
    this.#gzip ??= this.#newGzip();
    const gzip = this.#gzip;
    await new Promise<void>((resolve, reject) => {
      gzip.write(lines, (error) => (error ? reject(error) : resolve()));
    });
  }

  #newGzip(): Gzip {
    const gzip = createGzip({ level: LEVEL });
    gzip.on('data', (chunk: Buffer) => this.#pack(chunk));
    return gzip;
  }

  #pack(chunk: Buffer): void {
    this.#packed.push(chunk);
    this.#packedBytes += chunk.length;
  }

  #takeRaw(): Buffer[] {
    const raw = this.#raw;
    this.#raw = [];
    this.#rawBytes = 0;
    return raw;
  }

  /** Compresses the rest; nothing can be added behind. */
  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const gzip = this.#gzip;
    if (gzip === undefined) {
      this.#pack(gzipSync(Buffer.concat(this.#takeRaw()), { level: LEVEL }));
      return;
    }
    await new Promise<void>((resolve, reject) => {
      gzip.once('end', resolve);
      gzip.once('error', reject);
      gzip.end(Buffer.concat(this.#takeRaw()));
    });
  }

  async #put(signal: AbortSignal): Promise<void> {
    this.#digest ??= this.#ids.digest('hex');
    const body = this.#packed.length === 1 ? this.#packed[0]! : Buffer.concat(this.#packed);
    this.#packed = [body];
    const metadata = { [IDS]: this.#digest, [COUNT]: String(this.#count) };
    if ((await this.#bucket.put(this.#key, body, metadata, signal)) === 'stored') return;
    const there = await this.#bucket.metadata(this.#key, signal);
    // Gone between two requests: the next try writes it.
    if (there === undefined) throw this.#vanished();
    if (there[IDS] !== undefined && there[IDS] !== this.#digest) throw this.#otherContent();
    if (there[IDS] === undefined && !(await this.#readsAlike(signal))) throw this.#otherContent();
  }

  /** Sends the first {@link PART_BYTES} of what is compressed, or all of it. */
  async #sendPart(signal: AbortSignal): Promise<void> {
    this.#upload ??= await this.#bucket.begin(this.#key, signal);
    const packed = Buffer.concat(this.#packed);
    this.#packed = [packed];
    const body = packed.subarray(0, PART_BYTES);
    const part = await this.#bucket.part(this.#key, this.#upload, this.#parts.length + 1, body, signal);
    this.#parts.push(part);
    const rest = Buffer.from(packed.subarray(PART_BYTES));
    this.#packed = rest.length === 0 ? [] : [rest];
    this.#packedBytes = rest.length;
  }

  async #complete(signal: AbortSignal): Promise<void> {
    while (this.#packedBytes > 0) await this.#sendPart(signal);
    const outcome = await this.#bucket.complete(this.#key, this.#upload!, this.#parts, signal);
    if (outcome === 'stored') return;
    const alike = await this.#readsAlike(signal);
    if (alike === undefined) throw this.#vanished();
    if (!alike) throw this.#otherContent();
    if (outcome === 'exists') await this.#bucket.abort(this.#key, this.#upload!, signal);
  }

  /**
   * Whether the object that is there holds as many lines, with the same ids in the first and the last: its key names
   * segments that never change. Undefined when there is none.
   */
  async #readsAlike(signal: AbortSignal): Promise<boolean | undefined> {
    const bytes = await this.#bucket.read(this.#key, signal);
    if (bytes === undefined) return undefined;
    let [count, first, last, rest] = [0, '', '', ''];
    for await (const chunk of unpacked(bytes, signal)) {
      const lines = (rest + chunk.toString('latin1')).split(String.fromCharCode(LF));
      rest = lines.pop()!;
      if (lines.length === 0) continue;
      if (count === 0) first = lines[0]!;
      count += lines.length;
      last = lines.at(-1)!;
    }
    return count === this.#count && first.includes(this.#firstId) && last.includes(this.#lastId);
  }

  #otherContent(): ConnectorError {
    return new ConnectorError(
      `${this.#bucket.place(this.#key)} holds other entries than this range of the journal: something else wrote it, ` +
        'or the journal is not the one it was. Nothing was overwritten. Look at the object; give this sink another ' +
        'prefix, or move the object away.',
      { code: 'sink.other_content' },
    );
  }

  #vanished(): ConnectorError {
    if (this.#upload === undefined) {
      return new ConnectorError(
        `${this.#bucket.place(this.#key)} was there and is gone. It is written again.`,
        {
          code: 'sink.vanished',
          retryable: true,
        },
      );
    }
    return new ConnectorError(
      `The upload of ${this.#bucket.place(this.#key)} is gone: a rule of the bucket may have ended it. All of it is ` +
        'written again.',
      { code: 'sink.range_lost' },
    );
  }
}

function lineOf(record: OutRecord): Buffer {
  const { lineBytes } = record;
  if (lineBytes === undefined || record.copyLine === undefined) return Buffer.from(`${record.line}\n`);
  const line = Buffer.allocUnsafeSlow(lineBytes + 1);
  record.copyLine(line, 0);
  line[lineBytes] = LF;
  return line;
}

async function* unpacked(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feed = (async () => {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once('drain', resolve));
    }
    gunzip.end();
  })().catch((error: unknown) => gunzip.destroy(error as Error));
  try {
    yield* gunzip as AsyncIterable<Buffer>;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ConnectorError(`The object that is there cannot be read: ${String(error)}`, {
      code: 'sink.unavailable',
      retryable: true,
      cause: error,
    });
  } finally {
    gunzip.destroy();
    await feed;
  }
}
