import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { ConnectorError } from '../runtime/errors.ts';
import { type Peer, tooLargeError } from './transport-errors.ts';

const inflate = promisify(gunzip);

/** Output is made in pieces of at least and at most this size. */
const LEAST_CHUNK_BYTES = 16 * 1024;
const MOST_CHUNK_BYTES = 4 * 1024 * 1024;

/** How a body came: as it is, or in one level of gzip. */
export type ContentEncoding = 'identity' | 'gzip';

/**
 * Reads a `Content-Encoding` header field. Throws `<scope>.broken` for anything but nothing, `identity` and one
 * `gzip`: a chain of encodings multiplies the work of whoever decodes it.
 */
export function contentEncoding(value: string | undefined, { scope }: Peer): ContentEncoding {
  const coding = (value ?? '').trim().toLowerCase();
  if (coding === '' || coding === 'identity') return 'identity';
  if (coding === 'gzip' || coding === 'x-gzip') return 'gzip';
  throw new ConnectorError(
    'The answer has a content encoding other than gzip, which was not asked for. Check the proxy in between.',
    { code: `${scope}.broken`, retryable: true },
  );
}

/** `body` without its encoding. Throws `<scope>.too_large` beyond `maxBytes`, `<scope>.broken` for a damaged stream. */
export async function decode(
  body: Buffer,
  encoding: ContentEncoding,
  maxBytes: number,
  url: string,
  peer: Peer,
): Promise<Buffer> {
  if (encoding === 'identity') return body;
  try {
    return await inflate(body, { maxOutputLength: maxBytes, chunkSize: chunkFor(body, maxBytes) });
  } catch (error) {
    if (error instanceof RangeError) throw tooLargeError(url, maxBytes, peer);
    throw new ConnectorError('The gzip stream of the answer is damaged or cut off.', {
      code: `${peer.scope}.broken`,
      retryable: true,
      cause: error,
    });
  }
}

/**
 * Mostly one piece that holds all: pieces would be copied together. The last four bytes say how long it is; whoever
 * sent them may be wrong.
 */
function chunkFor(body: Buffer, maxBytes: number): number {
  const told = body.length < 4 ? 0 : body.readUInt32LE(body.length - 4);
  return Math.min(Math.max(Math.min(told, maxBytes) + 1, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES);
}
