import type { Clock, Random } from '../runtime/clock.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { HecClient, HecRange } from './splunk-hec-client.ts';
import { replyError } from './splunk-hec-reply.ts';

/** First look after this long, milliseconds; each next wait is twice as long. */
const FIRST_POLL_MS = 1_000;
/** Longest wait between two looks, milliseconds: what Splunk recommends. */
const POLL_MS = 10_000;

/** "Invalid data channel": no event has come over it yet. */
const INVALID_CHANNEL = 11;

/**
 * Channels of this process, each used by one write at a time: ids of two writes never mix, so an id that Splunk gives
 * out anew after a restart confirms nothing but the request that it was given to.
 */
export class HecChannels {
  readonly #random: Random;
  readonly #free: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** A free channel: a GUID. */
  take(): string {
    return this.#free.pop() ?? guid(this.#random.hex(16));
  }

  /** It is free again. */
  giveBack(channel: string): void {
    this.#free.push(channel);
  }
}

function guid(hex: string): string {
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return parts.join('-');
}

/** What {@link PendingAcks} works with. */
export interface AckOptions {
  readonly client: HecClient;
  readonly channel: string;
  readonly clock: Clock;
  /** How long a request may stay unconfirmed after the last was sent, milliseconds. */
  readonly timeoutMs: number;
}

/** The requests of one write that Splunk has taken but not yet confirmed as indexed. */
export class PendingAcks {
  readonly #options: AckOptions;
  readonly #pending = new Map<number, HecRange>();
  readonly #lost: HecRange[] = [];

  constructor(options: AckOptions) {
    this.#options = options;
  }

  /** A request was taken. An id that is pending already says that Splunk counts anew: the former is never told. */
  add(id: number, range: HecRange): void {
    const former = this.#pending.get(id);
    if (former !== undefined) this.#lost.push(former);
    this.#pending.set(id, range);
  }

  /**
   * Asks until all are confirmed or the time is over. Returns the requests that are not, and why; what is confirmed is
   * remembered, since Splunk tells it once. Throws nothing: an abort leaves open what is open.
   */
  async wait(signal: AbortSignal): Promise<{ open: readonly HecRange[]; reason: string | undefined }> {
    const { clock, timeoutMs } = this.#options;
    const endMs = clock.monotonicMs() + timeoutMs;
    let reason = `Splunk did not acknowledge them in ${timeoutMs / 1000} s: look at its queues, and let a load balancer keep a client at one server`;
    for (let waitMs = FIRST_POLL_MS; this.#pending.size > 0; waitMs = Math.min(2 * waitMs, POLL_MS)) {
      const leftMs = endMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      try {
        await clock.sleep(Math.min(waitMs, leftMs), signal);
        await this.#ask(signal);
      } catch (error) {
        if (signal.aborted) break;
        const { retryable, message } = error as ConnectorError;
        if (retryable) continue;
        reason = message;
        break;
      }
    }
    const open = [...this.#lost, ...this.#pending.values()];
    return { open, reason: open.length === 0 ? undefined : reason };
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { client, channel } = this.#options;
    const acks = await askAcks(client, [...this.#pending.keys()], channel, signal);
    for (const [id, indexed] of Object.entries(acks)) if (indexed === true) this.#pending.delete(Number(id));
  }
}

/**
 * Sees that the token acknowledges. Throws `sink.refused` when it does not, and what {@link replyError} makes of other
 * replies. That a channel is not known yet is no fault.
 */
export async function requireAcks(client: HecClient, channel: string, signal: AbortSignal): Promise<void> {
  const reply = await client.askAcks([0], channel, signal);
  if (reply.status === 200 || reply.body?.code === INVALID_CHANNEL) return;
  throw replyError(reply, client.safe);
}

/**
 * Which of `ids` are indexed. Throws `sink.refused` (not retryable) where acknowledgement is off, and what
 * {@link replyError} makes of other replies.
 */
async function askAcks(
  client: HecClient,
  ids: readonly number[],
  channel: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const reply = await client.askAcks(ids, channel, signal);
  const acks = reply.body?.acks;
  if (reply.status === 200 && typeof acks === 'object' && acks !== null) {
    return acks as Readonly<Record<string, unknown>>;
  }
  throw replyError(reply, client.safe);
}

/** Splunk took events without saying how to ask for them. */
export function noAckId(): ConnectorError {
  return new ConnectorError(
    'Splunk took the events but gave no ackId: turn on acknowledgement for the token, or set acknowledge: false. ' +
      'They are sent again.',
    { code: 'sink.refused', exitCode: ExitCode.config },
  );
}
