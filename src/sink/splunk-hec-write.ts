import type { Clock } from '../runtime/clock.ts';
import { ConnectorError } from '../runtime/errors.ts';
import type { OutRecord, Refusal, WriteResult } from './sink.ts';
import { noAckId, type PendingAcks } from './splunk-hec-acks.ts';
import type { HecRange } from './splunk-hec-client.ts';
import { cutRequests, halve, isolate } from './splunk-hec-pieces.ts';
import type { HecVerdict } from './splunk-hec-reply.ts';

/** No further request is begun after this long, milliseconds: what is left goes into the next write. */
export const SEND_MS = 60_000;

/** When so many records are refused and none is taken, the fault is not theirs. */
const ALL_REFUSED = 20;

/** What one write works with. */
export interface HecWriteOptions {
  readonly records: readonly OutRecord[];
  /** Largest request before compression, bytes. */
  readonly maxBytes: number;
  /** Sends one request. */
  readonly send: (range: HecRange) => Promise<HecVerdict>;
  /** Told of a request of several records, `bytes` of them, that was too large. */
  readonly onTooLarge: (range: HecRange) => void;
  /** Where acknowledgement is on. */
  readonly acks: PendingAcks | undefined;
  readonly clock: Clock;
}

/**
 * One batch on its way: request after request, each judged by itself. What Splunk has taken is not sent again because
 * of what follows it.
 *
 * When Splunk finds fault with one event of a request, its documentation does not say what became of those before it.
 * All but the one at fault are therefore sent again: they may be there twice, under the same event id, but are never
 * missing. An event is refused only by a request that holds nothing else.
 */
export class HecWrite {
  readonly #options: HecWriteOptions;
  readonly #queue: HecRange[];
  readonly #refused: Refusal[] = [];
  #accepted = 0;

  constructor(options: HecWriteOptions) {
    this.#options = options;
    this.#queue = cutRequests(options.records, options.maxBytes);
  }

  /** Sends everything. Throws only while nothing was taken: then the error concerns the batch as a whole. */
  async run(signal: AbortSignal): Promise<WriteResult> {
    const failure = await this.#sendAll(signal);
    if (failure !== undefined && this.#accepted === 0 && this.#refused.length === 0) throw failure;
    const open = [...this.#queue];
    let reason = failure === undefined ? undefined : messageOf(failure);
    const { acks } = this.#options;
    if (acks !== undefined && this.#accepted > 0) {
      const waited = await acks.wait(signal);
      open.push(...waited.open);
      reason ??= waited.reason;
    }
    const retry = open.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
    retry.sort((a, b) => a - b);
    return { retry, refused: this.#refused, ...(reason === undefined ? {} : { retryReason: reason }) };
  }

  /** Sends until the queue is empty. Returns what stopped it before; the queue then holds what was not taken. */
  async #sendAll(signal: AbortSignal): Promise<unknown> {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + SEND_MS;
    for (let range = this.#queue[0]; range !== undefined; range = this.#queue[0]) {
      if (clock.monotonicMs() >= endMs) return slow();
      try {
        signal.throwIfAborted();
        this.#take(range, await this.#options.send(range));
      } catch (error) {
        return error;
      }
    }
    return undefined;
  }

  /** Takes in the verdict on the first of the queue. */
  #take(range: HecRange, verdict: HecVerdict): void {
    const one = range.to - range.from === 1;
    switch (verdict.kind) {
      case 'accepted':
        this.#confirmLater(range, verdict.ackId);
        this.#accepted += range.to - range.from;
        this.#queue.shift();
        return;
      case 'too_large':
        if (one) this.#refuse(range, verdict.reason);
        else {
          this.#options.onTooLarge(range);
          this.#queue.splice(0, 1, ...halve(range));
        }
        return;
      case 'event':
        if (one) this.#refuse(range, verdict.reason);
        else this.#queue.splice(0, 1, ...isolate(range, verdict.number));
        return;
      case 'failed':
        throw verdict.error;
    }
  }

  #confirmLater(range: HecRange, ackId: number | undefined): void {
    const { acks } = this.#options;
    if (acks === undefined) return;
    if (ackId === undefined) throw noAckId();
    acks.add(ackId, range);
  }

  #refuse({ from }: HecRange, reason: string): void {
    this.#refused.push({ index: from, reason });
    this.#queue.shift();
    if (this.#accepted > 0 || this.#refused.length < ALL_REFUSED) return;
    if (this.#refused.length === ALL_REFUSED && this.#queue.length > 0) {
      this.#tryLast();
      return;
    }
    // Nothing was taken and nothing is a dead letter yet: the batch waits as a whole until what is wrong is mended.
    this.#refused.length = 0;
    throw allRefused(reason);
  }

  /** Whether all are refused is asked of the last record next. */
  #tryLast(): void {
    const { from, to } = this.#queue.pop()!;
    if (to - from > 1) this.#queue.push({ from, to: to - 1 });
    this.#queue.unshift({ from: to - 1, to });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function slow(): ConnectorError {
  return new ConnectorError(
    `Splunk did not take all events in ${SEND_MS / 1000} s; the rest is sent again.`,
    {
      code: 'sink.slow',
      retryable: true,
    },
  );
}

function allRefused(reason: string): ConnectorError {
  return new ConnectorError(
    `More than ${ALL_REFUSED - 1} events are refused and none is accepted, the last for: ${reason}. What stands before ` +
      'Splunk, or its version, is at fault rather than the events. Nothing is lost.',
    { code: 'sink.all_refused' },
  );
}
