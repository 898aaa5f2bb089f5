import type { Store } from '../store/store.ts';
import { type Codec, gzipCodec } from './codec.ts';
import { damaged } from './damage.ts';
import { numberInName, segmentKey, segmentPrefix } from './keys.ts';
import { decodeHeader, decodeSegment } from './segment.ts';
import type { Segment, SegmentHeader } from './types.ts';

/** Larger than any segment this program writes: a damaged object must not fill the memory. */
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024;
const LF = 10;

/** The segments of one source as objects of a store. Knows nothing of the chain. */
export class SegmentFiles {
  readonly source: string;
  readonly #store: Store;
  readonly #codec: Codec;

  constructor(store: Store, source: string, codec: Codec = gzipCodec) {
    this.#store = store;
    this.source = source;
    this.#codec = codec;
  }

  /** Key of segment `n`. */
  key(n: number): string {
    return segmentKey(this.source, n);
  }

  /** Numbers of all segments there are, ascending. */
  async numbers(): Promise<number[]> {
    const prefix = segmentPrefix(this.source);
    const keys = await this.#store.list(prefix);
    return keys.map((key) => numberInName(key.slice(prefix.length))).filter((n) => n !== undefined);
  }

  /** Segment `n`, or undefined when there is none. Throws `journal.damaged` and `journal.newer_format`. */
  async read(n: number): Promise<Segment | undefined> {
    const key = this.key(n);
    const object = await this.#store.get(key);
    if (object === undefined) return undefined;
    const bytes = await this.#decompress(object.body, key);
    object.release?.();
    return decodeSegment(bytes, key, this.source, n);
  }

  /** The header of segment `n`, read without the entries behind it; otherwise as {@link read}. */
  async readHeader(n: number): Promise<SegmentHeader | undefined> {
    return (await this.readStored(n))?.header;
  }

  /** As {@link readHeader}, with the size of the object in bytes. */
  async readStored(n: number): Promise<{ header: SegmentHeader; bytes: number } | undefined> {
    const key = this.key(n);
    const object = await this.#store.get(key);
    if (object === undefined) return undefined;
    const header = decodeHeader(await this.#firstLine(object.body, key), key, this.source, n);
    return { header, bytes: object.body.length };
  }

  /** The object that {@link put} writes for `segment`. */
  pack(segment: Segment): Promise<Buffer> {
    return this.#codec.compress(segment.bytes);
  }

  /** Gives the memory of what {@link pack} made back at once. */
  discard(body: Buffer): void {
    this.#codec.discard?.(body);
  }

  /**
   * Writes `segment`, packed as `body`, unless its number is taken. True when the store now holds this segment,
   * whether this call wrote it or a former one whose answer was lost; false when it holds another one.
   */
  async put(segment: Segment, body: Buffer): Promise<boolean> {
    const { n } = segment.header;
    if (await this.#store.putIfAbsent(this.key(n), body)) return true;
    const object = await this.#store.get(this.key(n));
    if (object === undefined) return false;
    if (object.body.equals(body)) return true;
    // The same segment, compressed by another version of zlib.
    return (await this.#decompress(object.body, this.key(n))).equals(segment.bytes);
  }

  async #decompress(body: Buffer, key: string): Promise<Buffer> {
    try {
      return await this.#codec.decompress(body, MAX_SEGMENT_BYTES);
    } catch (error) {
      throw damaged(key, 'it cannot be decompressed', error);
    }
  }

  async #firstLine(body: Buffer, key: string): Promise<Buffer> {
    if (this.#codec.firstLine === undefined) {
      const bytes = await this.#decompress(body, key);
      return bytes.subarray(0, Math.max(0, bytes.indexOf(LF)));
    }
    try {
      return this.#codec.firstLine(body) ?? Buffer.alloc(0);
    } catch (error) {
      throw damaged(key, 'it cannot be decompressed', error);
    }
  }
}
