import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { ConnectorConfig } from '../config/types.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** What a path answers. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Further header fields. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is served, by path. A handler that throws answers 500 and is logged. */
export type Routes = Readonly<Record<string, () => Reply | Promise<Reply>>>;

/** A running server. */
export interface StatusServer {
  /** The port it listens on; 0 when there is none. */
  readonly port: number;
  /** Ends it and its connections. Idempotent. */
  close(): Promise<void>;
}

/** Required, not imported: an import reads every export of the module, and some of them load 12 MiB of fetch. */
const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

const JSON_TYPE = 'application/json; charset=utf-8';

/** Time for the whole request, and for its header fields, milliseconds. */
const REQUEST_WITHIN_MS = 5_000;
/** How long a connection may stay open between two requests, milliseconds: longer than most scrape intervals. */
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 8 * 1024;
/** More than a browser, probes and two Prometheus servers use. */
const MAX_CONNECTIONS = 64;

/** Nothing that is served may be kept, framed, sniffed, or read by another site. */
const SAFETY_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** A JSON answer. */
export function jsonReply(status: number, body: object): Reply {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(body)}\n` };
}

/**
 * Serves `routes` to GET and HEAD; bodies of requests are not read. Throws `server.listen` (exit 2) when the port
 * cannot be had.
 */
export async function startServer(
  config: ConnectorConfig['server'],
  routes: Routes,
  log: Log,
): Promise<StatusServer> {
  if (config === false) return { port: 0, close: async () => {} };
  const limits = {
    requestTimeout: REQUEST_WITHIN_MS,
    headersTimeout: REQUEST_WITHIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const server = createServer(limits, (request, response) => {
    void answer(request, response, routes, log);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, config.host, config.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  log.info({ host: config.host, port }, 'status server listens');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Routes,
  log: Log,
): Promise<void> {
  const { status, contentType, body, headers } = await replyTo(request, routes, log);
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...SAFETY_HEADERS,
    ...headers,
    'content-type': contentType,
    'content-length': bytes.length,
    // What a client sends along with a method that is refused is not waited for.
    ...(status === 405 ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function replyTo(request: IncomingMessage, routes: Routes, log: Log): Promise<Reply> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...jsonReply(405, { error: 'GET and HEAD only' }), headers: { allow: 'GET, HEAD' } };
  }
  const path = (request.url ?? '').split('?', 1)[0]!;
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return jsonReply(404, { error: `not here: ${Object.keys(routes).join(' ')}` });
  try {
    return await route();
  } catch (error) {
    log.error({ err: error, path }, 'the status server could not answer: please report it; shipping goes on');
    return jsonReply(500, { error: 'unexpected: see the log' });
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `server: ${host}:${port} cannot be listened on (${(cause as NodeJS.ErrnoException).code}): choose another port, or "server: false"`;
      reject(new ConnectorError(message, { code: 'server.listen', exitCode: ExitCode.config, cause }));
    });
    server.listen(port, host, resolve);
  });
}
