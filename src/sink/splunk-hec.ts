import type { Environment } from '../config/environment.ts';
import type { SplunkHecSinkConfig } from '../config/types.ts';
import { proxySettings, readCaFile } from '../http/outbound.ts';
import { UndiciTransport } from '../http/undici-transport.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { ConnectorError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Batch, Sink, SinkContext, SinkState, SinkWriter, WriteResult } from './sink.ts';
import { HecChannels, PendingAcks, requireAcks } from './splunk-hec-acks.ts';
import { eventBytes, HecClient, REQUEST_TIMEOUT_MS } from './splunk-hec-client.ts';
import { replyError } from './splunk-hec-reply.ts';
import { HecWrite, SEND_MS } from './splunk-hec-write.ts';

/** Requests are not made smaller than this because of HTTP 413, bytes. */
const LEAST_REQUEST_BYTES = 1024;
/** Time for what a write does beside sending and waiting, milliseconds. */
const SLACK_MS = 30_000;

/** What a {@link SplunkHecSink} is made with. */
export interface SplunkHecSinkOptions {
  readonly id: string;
  readonly client: HecClient;
  /** Largest request before compression, bytes. */
  readonly maxRequestBytes: number;
  /** How long events may stay unacknowledged, milliseconds; undefined: they count as stored when Splunk took them. */
  readonly acknowledgeTimeoutMs: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Splunk's HTTP Event Collector. Each record is an envelope already, made where the entry is mapped. At least once:
 * Splunk knows no ids, so what may have been taken and is sent again is there twice, with the same `event_id`.
 */
export class SplunkHecSink implements Sink {
  readonly id: string;
  readonly idempotent = false;
  /** A batch is several requests, one after another: enough that 50 ms of latency do not matter. */
  readonly concurrency = 8;
  /** A write ends by itself before: to give one up would send again what Splunk has taken. */
  readonly writeTimeoutMs: number;
  readonly #options: SplunkHecSinkOptions;
  readonly #channels: HecChannels;
  #maxBytes: number;
  #ackSeen = false;

  constructor(options: SplunkHecSinkOptions) {
    const { id, acknowledgeTimeoutMs, maxRequestBytes, random } = options;
    this.id = id;
    // An answer may be asked for once more with a renewed token.
    this.writeTimeoutMs = SEND_MS + 4 * REQUEST_TIMEOUT_MS + (acknowledgeTimeoutMs ?? 0) + SLACK_MS;
    this.#options = options;
    this.#channels = new HecChannels(random);
    this.#maxBytes = maxRequestBytes;
  }

  /**
   * Asks for the collector's health, whether the token is accepted, by a request without events, and whether it allows
   * acknowledgement where that is wanted. Whether the token may write to the index cannot be known without writing.
   */
  async check(signal: AbortSignal): Promise<void> {
    const { client, acknowledgeTimeoutMs } = this.#options;
    const acknowledge = acknowledgeTimeoutMs !== undefined;
    const health = await client.health(acknowledge, signal);
    if (health.status !== 200) throw replyError(health, client.safe);
    const channel = acknowledge ? this.#channels.take() : undefined;
    const reply = await client.sendNothing(channel, signal);
    // "No data", or "Invalid data format": the token was accepted before the body was looked at.
    const isTokenFine = reply.body?.code === 5 || reply.body?.code === 6 || reply.body?.code === 0;
    if (!isTokenFine) throw replyError(reply, client.safe);
    if (channel === undefined) return;
    await requireAcks(client, channel, signal);
    this.#channels.giveBack(channel);
  }

  async open(_context: SinkContext): Promise<SinkWriter> {
    return {
      write: (batch, signal) => this.#write(batch, signal),
      flush: async (): Promise<SinkState | undefined> => undefined,
      close: async () => {},
    };
  }

  async close(): Promise<void> {
    await this.#options.client.close();
  }

  async #write({ records }: Batch, signal: AbortSignal): Promise<WriteResult> {
    const { client, clock, acknowledgeTimeoutMs: timeoutMs } = this.#options;
    const channel = timeoutMs === undefined ? undefined : this.#channels.take();
    try {
      if (channel !== undefined) await this.#requireAcks(channel, signal);
      const acks = channel && new PendingAcks({ client, channel, clock, timeoutMs: timeoutMs! });
      const write = new HecWrite({
        records,
        maxBytes: this.#maxBytes,
        send: (range) => client.send(records, range, channel, signal),
        onTooLarge: ({ from, to }) =>
          this.#lowerLimit(records.slice(from, to).reduce((sum, record) => sum + eventBytes(record), 0)),
        acks: acks || undefined,
        clock,
      });
      return await write.run(signal);
    } catch (error) {
      if (error instanceof ConnectorError && error.code === 'sink.refused') this.#ackSeen = false;
      throw error;
    } finally {
      if (channel !== undefined) this.#channels.giveBack(channel);
    }
  }

  /**
   * A token without acknowledgement must not get events whose acknowledgement is waited for: each try would store them
   * once more.
   */
  async #requireAcks(channel: string, signal: AbortSignal): Promise<void> {
    if (this.#ackSeen) return;
    await requireAcks(this.#options.client, channel, signal);
    this.#ackSeen = true;
  }

  #lowerLimit(bytes: number): void {
    const half = Math.max(LEAST_REQUEST_BYTES, Math.ceil(bytes / 2));
    if (half >= this.#maxBytes) return;
    this.#maxBytes = half;
    this.#options.log.warn(
      { sink: this.id, bytes, max_request_bytes: half },
      'Splunk, or what stands before it, takes less than max_request_bytes: smaller requests are sent until the restart',
    );
  }
}

/** Makes the sink of `config`. Throws `config.ca_file` and `config.proxy` (exit 2). */
export async function createSplunkHecSink(
  config: SplunkHecSinkConfig,
  deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly env: Environment;
  },
): Promise<SplunkHecSink> {
  const { id, url, token, caFile, maxRequestBytes, acknowledge, acknowledgeTimeoutMs } = config;
  const { clock, random, log, env } = deps;
  const transport = new UndiciTransport({
    clock,
    peer: { scope: 'sink.http', urlKey: 'url' },
    ...(caFile === undefined ? {} : { caPem: await readCaFile(caFile) }),
    ...proxySettings(env),
  });
  return new SplunkHecSink({
    id,
    client: new HecClient(url, token, transport),
    maxRequestBytes,
    acknowledgeTimeoutMs: acknowledge ? acknowledgeTimeoutMs : undefined,
    clock,
    random,
    log,
  });
}
