import type { Dispatcher } from 'undici';
import { BodyBuffer } from './body-buffer.ts';
import { type Peer, tooLargeError } from './transport-errors.ts';

/** As much of an answer other than 2xx as is read, bytes. */
export const MAX_ERROR_BYTES = 64 * 1024;

/** What came back, before anything is decoded. */
export interface RawResponse {
  readonly status: number;
  /** Header fields, names in lower case; of repeated ones the values joined by `, `. */
  readonly headers: Record<string, string>;
  /** Empty when the answer is not 2xx and could not be read, or is longer than 64 KiB. */
  readonly body: BodyBuffer;
}

/** What an exchange needs to know. */
export interface ExchangeOptions {
  /** Absolute URL, for errors. */
  readonly url: string;
  /** Who answers, for errors. */
  readonly peer: Peer;
  /** Largest body of a successful answer, bytes. */
  readonly maxBytes: number;
  /** Called once, when the request is written to an open connection. */
  readonly onSent: (() => void) | undefined;
}

/**
 * One exchange on an undici dispatcher. The body is copied as it arrives: no stream, no pieces that wait.
 *
 * Rejects with `signal.reason`, `<scope>.too_large`, and with what undici makes of a failing connection.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  options: ExchangeOptions,
  signal: AbortSignal,
): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const handler = new ResponseReader(options, signal, resolve, reject);
  dispatcher.dispatch(request, handler);
  return promise.finally(() => handler.done());
}

class ResponseReader implements Dispatcher.DispatchHandler {
  readonly #options: ExchangeOptions;
  readonly #signal: AbortSignal;
  readonly #resolve: (response: RawResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onAbort = () => this.#abort();
  #controller: Dispatcher.DispatchController | undefined;
  #response: RawResponse | undefined;
  #announcedBytes = 0;

  constructor(
    options: ExchangeOptions,
    signal: AbortSignal,
    resolve: (response: RawResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#options = options;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  done(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#abort();
    else this.#options.onSent?.();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    const joined = joinHeaders(headers);
    const { url, peer, maxBytes } = this.#options;
    this.#announcedBytes = Number(joined['content-length'] ?? 0) || 0;
    if (isSuccess(status) && this.#announcedBytes > maxBytes) {
      controller.abort(tooLargeError(url, maxBytes, peer));
      return;
    }
    const expected = Math.min(this.#announcedBytes, isSuccess(status) ? maxBytes : MAX_ERROR_BYTES);
    this.#response = { status, headers: joined, body: new BodyBuffer(expected) };
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const response = this.#response;
    if (response === undefined) return;
    const { url, peer, maxBytes } = this.#options;
    const limit = isSuccess(response.status) ? maxBytes : MAX_ERROR_BYTES;
    if (response.body.length + chunk.length > limit) controller.abort(tooLargeError(url, limit, peer));
    else response.body.append(chunk);
  }

  onResponseEnd(): void {
    this.#resolve(this.#response!);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const response = this.#response;
    response?.body.release();
    if (response === undefined || isSuccess(response.status) || this.#signal.aborted) this.#reject(error);
    // Its status says what is wrong, whatever becomes of its body.
    else this.#resolve({ ...response, body: new BodyBuffer(0) });
  }

  #abort(): void {
    const { reason } = this.#signal;
    this.#controller?.abort(reason);
    this.#reject(reason);
  }
}

/** Whether `status` is 2xx. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
