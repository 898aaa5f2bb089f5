import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { contentEncoding, decode } from './content-encoding.ts';
import { notifyingSent } from './sent-notifier.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import { timeoutError, tooLargeError, transportError } from './transport-errors.ts';

/** Options of {@link UndiciTransport}. */
export interface UndiciTransportOptions {
  /** Deadlines of requests. */
  readonly clock: Clock;
  /** PEM certificates trusted beside the system's. */
  readonly caPem?: string;
  /** URL of the proxy for https targets, as in `HTTPS_PROXY`; http targets are loopback and never go through it. */
  readonly httpsProxy?: string;
  /** Hosts that are reached without it, as in `NO_PROXY`. */
  readonly noProxy?: string;
  /** A connection older than this takes no new request, so that a changed DNS entry is seen. Default 5 minutes. */
  readonly connectionLifeMs?: number;
  /** Name resolution. Default the system's. */
  readonly lookup?: LookupFunction;
}

const CONNECTION_LIFE_MS = 5 * 60_000;
/** More than requests that are in flight at 15 a second and two seconds of latency. */
const MAX_CONNECTIONS = 32;
const CONNECT_TIMEOUT_MS = 20_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** As much of an answer other than 2xx as is read. */
const MAX_ERROR_BYTES = 64 * 1024;

/** {@link Transport} on undici: HTTP/1.1, keep-alive, no redirects, no retries. Close it when done. */
export class UndiciTransport implements Transport {
  readonly #clock: Clock;
  readonly #dispatcher: Dispatcher;

  /** Throws `config.proxy` (exit 2) when `httpsProxy` is no http or https URL. */
  constructor(options: UndiciTransportOptions) {
    this.#clock = options.clock;
    this.#dispatcher = createDispatcher(options);
  }

  async post(post: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    const { url, deadlineMs } = post;
    const limit = this.#clock.deadline(deadlineMs, signal);
    try {
      return await this.#exchange(post, limit.signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (limit.signal.aborted) throw timeoutError(url, deadlineMs);
      throw error instanceof ConnectorError ? error : transportError(error, url);
    } finally {
      limit.done();
    }
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #exchange(post: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    const { url, headers, body, maxBytes, onSent } = post;
    const response = await request(url, {
      method: 'POST',
      dispatcher: onSent === undefined ? this.#dispatcher : this.#dispatcher.compose(notifyingSent(onSent)),
      headers: { ...headers, 'accept-encoding': 'gzip' },
      body,
      signal,
    });
    // A body that is left unread ends with an error that nobody waits for.
    response.body.on('error', () => {});
    const joined = joinHeaders(response.headers);
    const answer = { status: response.statusCode, headers: joined };
    const success = answer.status >= 200 && answer.status <= 299;
    if (!success) return { ...answer, body: await readError(response.body, joined, url) };
    const encoded = await readBody(response.body, joined, maxBytes, url);
    const decoded = await decode(encoded, contentEncoding(joined['content-encoding']), maxBytes, url);
    return { ...answer, body: decoded };
  }
}

function createDispatcher(options: UndiciTransportOptions): Dispatcher {
  const { caPem, lookup, httpsProxy, noProxy } = options;
  const ca = caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] };
  const connect = { ...ca, ...(lookup === undefined ? {} : { lookup }), timeout: CONNECT_TIMEOUT_MS };
  const agentOptions = {
    allowH2: false,
    pipelining: 1,
    connections: MAX_CONNECTIONS,
    clientTtl: options.connectionLifeMs ?? CONNECTION_LIFE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadline of the request holds for the whole of it; timers between chunks would only blur it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
  };
  if (httpsProxy === undefined || httpsProxy === '') return new Agent(agentOptions);
  if (!/^https?:$/.test(URL.parse(httpsProxy)?.protocol ?? '')) {
    const message =
      'The proxy for https (HTTPS_PROXY) is not an http or https URL. Write it as http://host:port.';
    throw new ConnectorError(message, { code: 'config.proxy', exitCode: ExitCode.config });
  }
  // Empty strings, not absent ones: those would be looked up in the environment.
  const proxy = { httpProxy: '', httpsProxy, noProxy: noProxy ?? '' };
  return new EnvHttpProxyAgent({ ...agentOptions, ...proxy, requestTls: ca, proxyTls: connect });
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

/** Leaving the loop early destroys the stream, and the connection with it. */
async function readBody(
  stream: Dispatcher.ResponseData['body'],
  headers: Record<string, string>,
  maxBytes: number,
  url: string,
): Promise<Buffer> {
  if (Number(headers['content-length'] ?? 0) > maxBytes) {
    stream.destroy();
    throw tooLargeError(url, maxBytes);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLargeError(url, maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes);
}

async function readError(
  stream: Dispatcher.ResponseData['body'],
  headers: Record<string, string>,
  url: string,
): Promise<Buffer> {
  try {
    const encoding = contentEncoding(headers['content-encoding']);
    const encoded = await readBody(stream, headers, MAX_ERROR_BYTES, url);
    return await decode(encoded, encoding, MAX_ERROR_BYTES, url);
  } catch {
    stream.destroy();
    return Buffer.alloc(0);
  }
}
