import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { Clock } from '../runtime/clock.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { releaseMemory } from '../runtime/release-memory.ts';
import { contentEncoding, decode } from './content-encoding.ts';
import { exchange, isSuccess, MAX_ERROR_BYTES, type RawResponse } from './exchange.ts';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';
import { type Peer, timeoutError, transportError } from './transport-errors.ts';

/** Options of {@link UndiciTransport}. */
export interface UndiciTransportOptions {
  /** Deadlines of requests. */
  readonly clock: Clock;
  /** Who answers, for errors. */
  readonly peer: Peer;
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

type Method = 'GET' | 'POST';
type AnyRequest = Omit<TransportRequest, 'body'> & Partial<Pick<TransportRequest, 'body'>>;

/** {@link Transport} on undici: HTTP/1.1, keep-alive, no redirects, no retries. Close it when done. */
export class UndiciTransport implements Transport {
  readonly #clock: Clock;
  readonly #peer: Peer;
  /** A promise only behind a proxy: what that needs is loaded then. */
  readonly #dispatcher: Dispatcher | Promise<Dispatcher>;

  /** Throws `config.proxy` (exit 2) when `httpsProxy` is no http or https URL. */
  constructor(options: UndiciTransportOptions) {
    this.#clock = options.clock;
    this.#peer = options.peer;
    this.#dispatcher = createDispatcher(options);
  }

  async post(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    return await this.#send('POST', request, signal);
  }

  /** One GET: as {@link Transport.post}, without a body. */
  async get(request: Omit<TransportRequest, 'body'>, signal: AbortSignal): Promise<TransportResponse> {
    return await this.#send('GET', request, signal);
  }

  /** Ends all connections. Idempotent. */
  async close(): Promise<void> {
    await (await this.#dispatcher).destroy();
  }

  async #send(method: Method, request: AnyRequest, signal: AbortSignal): Promise<TransportResponse> {
    const { url, deadlineMs } = request;
    const limit = this.#clock.deadline(deadlineMs, signal);
    try {
      return await this.#exchange(method, request, limit.signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (limit.signal.aborted) throw timeoutError(url, deadlineMs, this.#peer);
      throw error instanceof ConnectorError ? error : transportError(error, url, this.#peer);
    } finally {
      limit.done();
    }
  }

  async #exchange(method: Method, request: AnyRequest, signal: AbortSignal): Promise<TransportResponse> {
    const { url, headers, body, maxBytes, onSent } = request;
    const { origin, pathname, search } = new URL(url);
    const options = {
      ...{ origin, path: `${pathname}${search}`, method, body: body ?? null },
      headers: { ...headers, 'accept-encoding': 'gzip' },
    };
    const dispatcher = await this.#dispatcher;
    const peer = this.#peer;
    const response = await exchange(dispatcher, options, { url, peer, maxBytes, onSent }, signal);
    return isSuccess(response.status)
      ? await decodeBody(response, maxBytes, url, peer)
      : await decodeError(response, url, peer);
  }
}

function createDispatcher(options: UndiciTransportOptions): Dispatcher | Promise<Dispatcher> {
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
  const proxyOptions = { ...agentOptions, ...proxy, requestTls: ca, proxyTls: connect };
  // It lives on methods that only the index of undici adds to dispatchers.
  return import('undici').then(({ EnvHttpProxyAgent }) => new EnvHttpProxyAgent(proxyOptions));
}

async function decodeBody(
  { status, headers, body }: RawResponse,
  maxBytes: number,
  url: string,
  peer: Peer,
): Promise<TransportResponse> {
  const encoding = contentEncoding(headers['content-encoding'], peer);
  if (encoding === 'identity') return { status, headers, body: body.bytes, release: () => body.release() };
  const decoded = await decode(body.bytes, encoding, maxBytes, url, peer);
  body.release();
  return { status, headers, body: decoded, release: () => releaseMemory(decoded) };
}

async function decodeError(response: RawResponse, url: string, peer: Peer): Promise<TransportResponse> {
  try {
    return await decodeBody(response, MAX_ERROR_BYTES, url, peer);
  } catch {
    return { ...response, body: Buffer.alloc(0), release: () => {} };
  }
}
