import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { type Envelope, parseEnvelope, splitObjects } from './hec-envelope.ts';

/*
 * A stub of Splunk's HTTP Event Collector, since the real one cannot be had: built from Splunk's documentation ("Format
 * events for HTTP Event Collector", "Troubleshoot HTTP Event Collector", "About HTTP Event Collector Indexer
 * Acknowledgment"). It is stricter than Splunk where strictness shows faults of ours. Where the documentation leaves
 * something open (what becomes of the events before an invalid one, and whether that is counted from 0 or 1), a test
 * chooses.
 */

/** What becomes of the next request of events. */
export type HecFault =
  /** Taken, and the connection is reset before the reply. */
  | 'lost_reply'
  /** Taken, and the reply ends in its middle. */
  | 'cut_reply'
  /** Not taken, the connection is reset. */
  | 'reset'
  /** Not taken, never answered. */
  | 'hang'
  /** Not taken, 200 with the page of a proxy. */
  | 'page'
  /** Not taken: this reply. */
  | Reply;

/** A reply of the stub. */
export interface Reply {
  readonly status: number;
  /** An object goes as JSON, text as it is. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only its first bytes come, then the connection is reset. */
  readonly cut?: boolean;
}

type Answer = Reply | 'hang' | 'reset';

/** Server is busy: code 9. */
export const BUSY: Reply = { status: 503, body: { text: 'Server is busy', code: 9 } };

/** How the stub behaves. A test may change any of it while it runs. */
export interface HecBehaviour {
  token: string;
  enabled: boolean;
  acknowledges: boolean;
  /** Indexes that the token allows; empty: all. */
  indexes: readonly string[];
  /** Largest body after decompression, bytes. */
  maxBytes: number;
  /** Whether events before an invalid one of the same request are kept. */
  keepsBefore: boolean;
  /** What the first event counts as in `invalid-event-number`; undefined: it is not told. */
  countsFrom: 0 | 1 | undefined;
  /** A code other than 0 refuses an event. */
  judge: (envelope: Envelope) => number;
  /** Whether a request, by its number from 0 on all channels, is indexed by now. */
  indexed: (request: number) => boolean;
  healthy: boolean;
  /** So many of the next questions for acknowledgement are answered by 503. */
  failingAcks: number;
  /** What becomes of every request of events, without a look at it; undefined: what {@link HecServer.faults} say. */
  outage: Answer | undefined;
  /** Whether {@link HecServer.held} keeps events. Their ids are kept in any case: a million events fill no memory. */
  keepsEvents: boolean;
}

/** A request as it came. */
export interface SeenHecRequest {
  readonly path: string;
  readonly channel: string | undefined;
  /** Body after decompression, bytes. */
  readonly bytes: number;
  readonly events: number;
}

interface Channel {
  next: number;
  /** Request numbers by ackId: what was told is gone. */
  readonly open: Map<number, number>;
}

const TEXTS: Readonly<Record<number, string>> = {
  5: 'No data',
  6: 'Invalid data format',
  7: 'Incorrect index',
  12: 'Event field is required',
  13: 'Event field cannot be blank',
  15: 'Error in handling indexed fields',
};

/** See the top of this file. */
export class HecServer {
  readonly behaviour: HecBehaviour = {
    token: '00000000-0000-4000-8000-00000000000a',
    enabled: true,
    acknowledges: false,
    indexes: [],
    maxBytes: 1_000_000,
    keepsBefore: false,
    countsFrom: 0,
    judge: () => 0,
    indexed: () => true,
    healthy: true,
    failingAcks: 0,
    outage: undefined,
    keepsEvents: true,
  };
  /** What becomes of the next requests of events, first come first served. */
  readonly faults: HecFault[] = [];
  /** Everything that was taken, in its order. */
  readonly held: Envelope[] = [];
  /** Field `event_id` of everything that was taken, each once. */
  readonly distinctIds = new Set<string>();
  readonly requests: SeenHecRequest[] = [];
  readonly #channels = new Map<string, Channel>();
  readonly #server: Server;
  #taken = 0;

  private constructor() {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    this.#server = createServer(listener);
  }

  /** Starts one on loopback. */
  static async start(): Promise<HecServer> {
    const hec = new HecServer();
    hec.#server.listen(0, '127.0.0.1');
    await once(hec.#server, 'listening');
    return hec;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Field `event_id` of everything held, in its order. */
  get ids(): string[] {
    return this.held.map(({ fields }) => fields.event_id!);
  }

  /** As after a restart: ids of requests begin anew, and nothing is confirmed any more. */
  restart(): void {
    this.#channels.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const answer = this.#answer(request, body);
    if (answer === 'hang') return;
    if (answer === 'reset') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    if (answer.cut) response.write(text.slice(0, 9), () => response.destroy());
    else response.end(text);
  }

  #answer(request: IncomingMessage, body: Buffer): Answer {
    const { method, headers, url } = request;
    const [path, query] = (url ?? '').split('?') as [string, string?];
    if (method === 'GET' && path === '/services/collector/health') return this.#health(query);
    const channel = headers['x-splunk-request-channel'] as string | undefined;
    const refusal = this.#refuseSender(headers, channel);
    if (refusal !== undefined) return refusal;
    if (path === '/services/collector/ack') return this.#ack(body, channel);
    if (path === '/services/collector/event') return this.#events(path, body, channel);
    return said(404, 404, 'The requested URL was not found on this server.');
  }

  #refuseSender(
    { authorization }: IncomingMessage['headers'],
    channel: string | undefined,
  ): Answer | undefined {
    const { token, enabled, acknowledges } = this.behaviour;
    if (authorization === undefined) return said(401, 2, 'Token is required');
    if (!authorization.startsWith('Splunk ')) return said(401, 3, 'Invalid authorization');
    if (authorization !== `Splunk ${token}`) return said(403, 4, 'Invalid token');
    if (!enabled) return said(403, 1, 'Token disabled');
    if (!acknowledges) return undefined;
    if (channel === undefined) return said(400, 10, 'Data channel is missing');
    if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(channel)) return undefined;
    return said(400, 11, 'Invalid data channel');
  }

  #health(query: string | undefined): Answer {
    const { healthy, acknowledges } = this.behaviour;
    if (!healthy) return said(503, 18, 'HEC is unhealthy, queues are full');
    if (query !== 'ack=true' || acknowledges) return said(200, 17, 'HEC is healthy');
    return said(503, 19, 'HEC is unhealthy, ack service unavailable');
  }

  #ack(body: Buffer, channel: string | undefined): Answer {
    if (!this.behaviour.acknowledges) return said(400, 14, 'ACK is disabled');
    if (this.behaviour.failingAcks-- > 0) return said(503, 9, 'Server is busy');
    const { acks } = JSON.parse(body.toString()) as { acks: number[] };
    this.requests.push({ path: '/services/collector/ack', channel, bytes: body.length, events: 0 });
    const open = this.#channels.get(channel!)?.open ?? new Map<number, number>();
    const told = acks.map((id) => {
      const request = open.get(id);
      const indexed = request !== undefined && this.behaviour.indexed(request);
      if (indexed) open.delete(id);
      return [id, indexed];
    });
    return { status: 200, body: { acks: Object.fromEntries(told) } };
  }

  #events(path: string, body: Buffer, channel: string | undefined): Answer {
    if (this.behaviour.outage !== undefined) return this.behaviour.outage;
    const texts = splitObjects(body.toString());
    this.requests.push({ path, channel, bytes: body.length, events: texts.length });
    const { maxBytes, countsFrom } = this.behaviour;
    if (body.length > maxBytes) {
      const words = `Content-Length of ${body.length} too large (maximum is ${maxBytes})`;
      return { status: 413, body: words, headers: { 'content-type': 'text/html' } };
    }
    if (texts.length === 0) return said(400, 5, TEXTS[5]!);
    const fault = this.faults.shift();
    if (fault === 'hang' || fault === 'reset') return fault;
    if (fault === 'page') return { status: 200, body: '<html>Sign in</html>' };
    if (typeof fault === 'object') return fault;
    const bad = this.#take(texts);
    if (bad !== undefined) {
      const number = countsFrom === undefined ? {} : { 'invalid-event-number': bad.index + countsFrom };
      return said(400, bad.code, TEXTS[bad.code] ?? 'Refused', number);
    }
    if (fault === 'lost_reply') return 'reset';
    return { ...said(200, 0, 'Success', this.#ackId(channel)), cut: fault === 'cut_reply' };
  }

  /** Keeps events up to the first invalid one. */
  #take(texts: readonly string[]): { index: number; code: number } | undefined {
    const good: Envelope[] = [];
    for (const [index, text] of texts.entries()) {
      const parsed = parseEnvelope(text, this.behaviour.indexes);
      const code = typeof parsed === 'number' ? parsed : this.behaviour.judge(parsed);
      if (code !== 0 || typeof parsed === 'number') {
        if (this.behaviour.keepsBefore) this.#keep(good);
        return { index, code };
      }
      good.push(parsed);
    }
    this.#keep(good);
    return undefined;
  }

  #keep(events: readonly Envelope[]): void {
    for (const { fields } of events) this.distinctIds.add(fields.event_id!);
    if (this.behaviour.keepsEvents) this.held.push(...events);
  }

  #ackId(name: string | undefined): { ackId?: number } {
    const request = this.#taken++;
    if (!this.behaviour.acknowledges) return {};
    const channel = this.#channels.get(name!) ?? { next: 0, open: new Map<number, number>() };
    this.#channels.set(name!, channel);
    const ackId = channel.next++;
    channel.open.set(ackId, request);
    return { ackId };
  }
}

function said(status: number, code: number, text: string, more = {}): Reply {
  return { status, body: { text, code, ...more } };
}
