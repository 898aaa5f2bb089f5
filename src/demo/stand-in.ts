import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AuditLog } from './audit-log.ts';
import { drawAnswerFault, type Faults, settledFaults } from './faults.ts';
import { entriesReply, type Reply, refusal } from './stand-in-answers.ts';
import { RequestCounters, type RequestStats } from './stand-in-counters.ts';
import { misbehave } from './stand-in-misbehave.ts';
import { InvalidRequest, type Query, readQuery } from './stand-in-query.ts';
import { selectPage } from './stand-in-select.ts';

/** Options of {@link startStandIn}. */
export interface StandInOptions {
  /** The audit log that is served. */
  readonly log: AuditLog;
  /** The only user or organisation there is. */
  readonly userId: string;
  /** The PAT that is accepted. */
  readonly pat: string;
  /** Port on 127.0.0.1. Default 0: any free one. */
  readonly port?: number;
  /** What goes wrong. Default nothing. The object itself becomes {@link StandIn.faults}. */
  readonly faults?: Faults;
  /** Requests let in within any 1,000 ms, or `off`. Default 15, as Clarifai documents. */
  readonly requestsPerSecond?: number | 'off';
  /** Wait before each answer, milliseconds. Default 0. */
  readonly latencyMs?: number;
  /** Answer in gzip when the request accepts it. Default false. */
  readonly gzip?: boolean;
  /** Seed of every random choice. Default 1. */
  readonly seed?: number;
  /** The stand-in's clock, milliseconds since the epoch. Default `Date.now`. */
  readonly nowMs?: () => number;
}

/** A running stand-in for the Clarifai API. */
export interface StandIn {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** What goes wrong; change it at any time, or replace it. */
  faults: Faults;
  /** Requests so far. */
  readonly requests: RequestStats;
  /** Entries of {@link truth}. */
  readonly truthCount: number;
  /** Every entry of the log, in order of event time, as bytes: what is shown when nothing hides it. */
  truth(): Generator<Uint8Array, void, undefined>;
  /** Switches passing faults off and makes every entry visible. How the service is for good stays as it is. */
  settle(): void;
  /** Stops listening and ends all connections at once. May be called twice. */
  close(): Promise<void>;
}

/** Starts a stand-in for the Clarifai API on loopback. Rejects when the port is taken. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const standIn = new HttpStandIn(options);
  await standIn.listen();
  return standIn;
}

const DEFAULT_REQUESTS_PER_SECOND = 15;
const MOST_BODY_BYTES = 1_000_000;
const compress = promisify(gzip);

class HttpStandIn implements StandIn {
  faults: Faults;
  readonly requests = new RequestCounters();
  readonly #options: StandInOptions;
  readonly #path: string;
  readonly #nowMs: () => number;
  readonly #seed: number;
  readonly #server: Server;
  readonly #closing = new AbortController();
  #settled = false;

  constructor(options: StandInOptions) {
    this.#options = options;
    this.faults = options.faults ?? {};
    this.#path = `/v2/users/${encodeURIComponent(options.userId)}/audit_log/searches`;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#seed = options.seed ?? 1;
    this.#server = createServer((request, response) => {
      // A client that goes away ends its own request only.
      this.#serve(request, response).catch(() => {
        this.requests.answered('broken_off', 0);
        response.destroy();
      });
    });
    this.#server.on('connection', (socket) => {
      if (this.faults.outage) socket.resetAndDestroy();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get truthCount(): number {
    return this.#options.log.length;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#options.port ?? 0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  *truth(): Generator<Uint8Array, void, undefined> {
    const { log } = this.#options;
    for (let i = 0; i < log.length; i++) yield log.bytesAt(i, 0);
  }

  settle(): void {
    this.faults = settledFaults(this.faults);
    this.#settled = true;
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.faults.outage) {
      request.socket.resetAndDestroy();
      return;
    }
    response.setHeader('date', new Date(this.#nowMs() + (this.faults.skewMs ?? 0)).toUTCString());
    if (request.method === 'GET' && request.url === '/_stats') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(this.requests));
      return;
    }
    const { requestsPerSecond: limit = DEFAULT_REQUESTS_PER_SECOND, latencyMs = 0 } = this.#options;
    const admitted = this.requests.admit(this.#nowMs(), limit === 'off' ? undefined : limit);
    const read = this.requests.total;
    const reqId = read.toString(16).padStart(32, '0');
    const body = await readBody(request);
    if (body !== undefined) this.requests.body(body);
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal: this.#closing.signal });
    const refused = admitted ? this.#refusalOf(request, body, reqId) : refusal('throttled', reqId);
    if (refused !== undefined) await this.#send(request, response, refused);
    else await this.#answer(request, response, body ?? '', read, reqId);
  }

  /** Path, PAT, content type and size: what is refused without a look into the body. */
  #refusalOf(request: IncomingMessage, body: string | undefined, reqId: string): Reply | undefined {
    const authorization = request.headers.authorization ?? '';
    const [scheme, key, more] = authorization.split(' ');
    if (scheme !== 'Key' || !key || more !== undefined) return refusal('credentials', reqId);
    if (this.faults.patRevoked || key !== this.#options.pat) return refusal('key', reqId);
    if (this.faults.scopeLost) return refusal('scopes', reqId, 'AuditLogs_Get is missing');
    if (request.method !== 'POST' || request.url !== this.#path) return refusal('path', reqId);
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return refusal('request', reqId, 'Content-Type must be application/json');
    }
    return body === undefined ? refusal('request', reqId, 'the body is too large') : undefined;
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
    read: number,
    reqId: string,
  ): Promise<void> {
    const right = () => this.#search(body, read, reqId);
    const { faults } = this;
    const fault = drawAnswerFault(faults, this.#seed, read);
    if (fault === undefined) {
      await this.#send(request, response, right());
      return;
    }
    this.requests.answered(fault, 0);
    misbehave(fault, response, { faults, seed: this.#seed, read, reqId, nowMs: this.#nowMs(), right });
  }

  #search(body: string, read: number, reqId: string): Reply {
    const { log } = this.#options;
    const { faults } = this;
    let query: Query;
    try {
      query = readQuery(body);
    } catch (error) {
      if (error instanceof InvalidRequest) return refusal('request', reqId, error.message);
      throw error;
    }
    const { page, perPage } = query;
    if (page > 1 && faults.deepest !== undefined && page * perPage > faults.deepest) {
      return refusal('request', reqId, `page * per_page must be at most ${faults.deepest}`);
    }
    const moment = { faults, seed: this.#seed, read, nowMs: this.#nowMs(), settled: this.#settled };
    return entriesReply(log, selectPage(log, query, moment), read, reqId);
  }

  async #send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
    this.requests.answered(reply.outcome, reply.entries);
    const zipped = this.#options.gzip && /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    const body = zipped ? await compress(reply.body, { level: 1 }) : reply.body;
    response.writeHead(reply.http, {
      'content-type': 'application/json',
      'content-length': body.length,
      ...(zipped ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(body);
  }
}

/** The body as text; undefined when it is larger than 1 MB. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MOST_BODY_BYTES) chunks.push(chunk);
  }
  return length > MOST_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}
