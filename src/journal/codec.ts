import { constants, gunzip, gunzipSync, gzip } from 'node:zlib';
import { releaseOwnMemory } from '../runtime/release-memory.ts';

/** Compression of segments, as a seam: a simulation may do without. */
export interface Codec {
  /** Compresses a segment. */
  compress(bytes: Buffer): Promise<Buffer>;
  /** Gives the memory of what {@link compress} made back at once. Without it the garbage collector does so, later. */
  discard?(packed: Buffer): void;
  /** Undoes it, into memory of its own. Rejects when `bytes` are damaged, or hold more than `maxBytes`. */
  decompress(bytes: Buffer, maxBytes: number): Promise<Buffer>;
  /**
   * The first line of what `bytes` hold, without its LF, from as few of them as it takes; undefined when there is
   * none. Throws when `bytes` are damaged so early. Without it, segments are decompressed whole.
   */
  firstLine?(bytes: Buffer): Buffer | undefined;
}

const LF = 10;
const LEVEL = 1;
/** Compressed bytes that {@link Codec.firstLine} tries first: enough for the header of a quiet minute. */
const FIRST_TRY_BYTES = 1024;
const MIN_CHUNK_BYTES = 4096;
/** More than most segments hold: what comes in several pieces is copied, and the pieces are left behind. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024;

/** gzip level 1, off the main thread; what `zcat` reads. */
export const gzipCodec: Codec = {
  compress: (bytes) =>
    new Promise((resolve, reject) => {
      gzip(bytes, { level: LEVEL, chunkSize: chunkFor(bytes.length / 4) }, (error, result) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    }),
  discard: releaseOwnMemory,
  decompress: (bytes, maxBytes) =>
    new Promise((resolve, reject) => {
      const chunkSize = chunkFor(Math.min(sizeInTrailer(bytes), maxBytes));
      gunzip(bytes, { maxOutputLength: maxBytes, chunkSize }, (error, result) => {
        if (error === null) resolve(result);
        else reject(error);
      });
    }),
  firstLine(bytes) {
    for (let length = FIRST_TRY_BYTES; ; length *= 4) {
      const part = gunzipSync(bytes.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH });
      const end = part.indexOf(LF);
      if (end >= 0) return part.subarray(0, end);
      if (length >= bytes.length) return undefined;
    }
  },
};

/** Output buffer of zlib for about `bytes` of output: one round trip to its thread for most segments. */
function chunkFor(bytes: number): number {
  return Math.min(Math.max(Math.ceil(bytes) + 64, MIN_CHUNK_BYTES), MAX_CHUNK_BYTES);
}

/** What the trailer of a gzip file says of its uncompressed size: a hint only. */
function sizeInTrailer(bytes: Buffer): number {
  return bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4);
}
