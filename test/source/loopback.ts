import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A request as the server got it. */
export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** The body, parsed as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: foreign JSON, looked at by expectations only
  readonly json: any;
}

/** Answers one request. */
export type Responder = (response: ServerResponse, request: SeenRequest) => void;

/** A server on loopback. */
export interface Loopback {
  /** Base URL, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Requests in the order of their arrival. */
  readonly requests: SeenRequest[];
  /** Connections accepted so far. */
  connections: number;
  close(): Promise<void>;
}

/**
 * Starts a server that answers the n-th request with the n-th responder; the last one answers all that follow.
 * With `tls`, it speaks TLS with that key and certificate.
 */
export async function startLoopback(
  responders: readonly Responder[],
  tls?: { key: string; cert: string },
): Promise<Loopback> {
  const requests: SeenRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = {
        url: request.url ?? '',
        headers: request.headers,
        json: parsed(Buffer.concat(chunks).toString()),
      };
      const responder = responders[Math.min(requests.length, responders.length - 1)]!;
      requests.push(seen);
      // Tests have a clock of their own: a Date of the machine would look like skew.
      response.sendDate = false;
      responder(response, seen);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const port = await listen(server);
  const scheme = tls === undefined ? 'http' : 'https';
  const loopback: Loopback = {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    requests,
    connections: 0,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('connection', () => {
    loopback.connections += 1;
  });
  return loopback;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

// biome-ignore lint/suspicious/noExplicitAny: foreign JSON, looked at by expectations only
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Answers with JSON. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Responder {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** An entry as the documentation shows it. */
export const ENTRY = {
  timestamp: '2024-05-01T10:00:00.123456Z',
  user: { id: 'ann' },
  operation: 300,
  success: true,
  req_id: 'r1',
  source_ip: '127.0.0.1',
};

/** A success with these entries. */
export function success(...entries: unknown[]): Responder {
  return json(200, { status: { code: 10000, description: 'Ok', req_id: 'answer-1' }, entries });
}

/** An error of the API. */
export function failure(
  status: number,
  code: number | string,
  headers: Record<string, string> = {},
): Responder {
  return json(status, { status: { code, description: 'Failure' } }, headers);
}
