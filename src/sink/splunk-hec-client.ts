import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Secret } from '../config/secret.ts';
import { createSafeText } from '../http/safe-text.ts';
import type { TransportResponse } from '../http/transport.ts';
import type { UndiciTransport } from '../http/undici-transport.ts';
import { releaseMemory } from '../runtime/release-memory.ts';
import type { OutRecord } from './sink.ts';
import { type HecReply, type HecVerdict, judgeReply, readReply, refusesToken } from './splunk-hec-reply.ts';

const compress = promisify(gzip);

/** Time limit of one request, milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Replies of HEC are a line; an acknowledgement for some dozens of requests is little more. */
const MAX_REPLY_BYTES = 1024 * 1024;

const EVENT_PATH = '/services/collector/event';
const ACK_PATH = '/services/collector/ack';
const HEALTH_PATH = '/services/collector/health';

/** One request of events: all records from `from` to `to`, exclusive. */
export interface HecRange {
  readonly from: number;
  readonly to: number;
}

/** Length of a record's envelope and what parts it from the next, bytes. */
export function eventBytes(record: OutRecord): number {
  return (record.lineBytes ?? Buffer.byteLength(record.line)) + 1;
}

/**
 * The requests of the HTTP Event Collector. Retries nothing but a refused token that has changed since; throws
 * `signal.reason` on abort, and the retryable `sink.http.*` of a failing connection, which leave open whether a request
 * was taken.
 */
export class HecClient {
  readonly #url: string;
  readonly #token: Secret;
  readonly #transport: UndiciTransport;
  /** Makes foreign text fit for a message. */
  readonly safe: (text: string) => string;

  /** @param url the collector, without a path */
  constructor(url: string, token: Secret, transport: UndiciTransport) {
    this.#url = url;
    this.#token = token;
    this.#transport = transport;
    this.safe = createSafeText(() => [token.reveal()]);
  }

  /** Sends events. With a channel where acknowledgement is on. */
  async send(
    records: readonly OutRecord[],
    { from, to }: HecRange,
    channel: string | undefined,
    signal: AbortSignal,
  ): Promise<HecVerdict> {
    const plain = joinEvents(records.slice(from, to));
    const body = await compress(plain, { level: constants.Z_BEST_SPEED });
    releaseMemory(plain);
    const headers = { 'content-encoding': 'gzip' };
    return judgeReply(await this.#post(EVENT_PATH, body, headers, channel, signal), this.safe);
  }

  /** Sends a request of no events, which Splunk refuses with "No data" once it has accepted the token. */
  async sendNothing(channel: string | undefined, signal: AbortSignal): Promise<HecReply> {
    return await this.#post(EVENT_PATH, '', {}, channel, signal);
  }

  /** Asks which requests of a channel are indexed. Splunk forgets those that it says so of. */
  async askAcks(ids: readonly number[], channel: string, signal: AbortSignal): Promise<HecReply> {
    return await this.#post(ACK_PATH, JSON.stringify({ acks: ids }), {}, channel, signal);
  }

  /** Asks whether the collector can take events; `ack`: and whether it can acknowledge them. */
  async health(ack: boolean, signal: AbortSignal): Promise<HecReply> {
    const url = `${this.#url}${HEALTH_PATH}${ack ? '?ack=true' : ''}`;
    return await this.#signedIn((headers) =>
      this.#transport.get(
        { url, headers, deadlineMs: REQUEST_TIMEOUT_MS, maxBytes: MAX_REPLY_BYTES },
        signal,
      ),
    );
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #post(
    path: string,
    body: string | Buffer,
    more: Readonly<Record<string, string>>,
    channel: string | undefined,
    signal: AbortSignal,
  ): Promise<HecReply> {
    signal.throwIfAborted();
    const own = channel === undefined ? {} : { 'x-splunk-request-channel': channel };
    const limits = { deadlineMs: REQUEST_TIMEOUT_MS, maxBytes: MAX_REPLY_BYTES };
    return await this.#signedIn((signed) => {
      const headers = { ...signed, 'content-type': 'application/json', ...more, ...own };
      return this.#transport.post({ url: `${this.#url}${path}`, headers, body, ...limits }, signal);
    });
  }

  /** When the token is refused and there is a newer one, asks once more with that. */
  async #signedIn(
    ask: (headers: Readonly<Record<string, string>>) => Promise<TransportResponse>,
  ): Promise<HecReply> {
    const once = async () => readReply(await ask({ authorization: `Splunk ${this.#token.reveal()}` }));
    const reply = await once();
    return refusesToken(reply) && this.#token.refresh() ? await once() : reply;
  }
}

/** Envelopes one after another, a line each: no array. */
function joinEvents(records: readonly OutRecord[]): Buffer {
  let size = 0;
  for (const record of records) size += eventBytes(record);
  const body = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const record of records) {
    if (record.copyLine === undefined) body.write(record.line, at);
    else record.copyLine(body, at);
    at += eventBytes(record);
    body[at - 1] = 0x0a;
  }
  return body;
}
