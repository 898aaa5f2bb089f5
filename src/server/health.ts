import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ConnectorConfig } from '../config/types.ts';
import type { Connector } from '../connector/open.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';

/** A coverage that is further behind than this is not ready, milliseconds. */
const STALE_MS = 15 * 60_000;

/** A running health server. */
export interface HealthServer {
  /** The port it listens on; 0 when there is none. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/livez` (the process answers) and `/readyz` (every source is up to date and its journal has room), GET
 * only. Nothing of the config, of users or of entries is in the answers but source ids. Throws `server.listen`
 * (exit 2) when the port cannot be had.
 */
export async function startHealthServer(
  config: ConnectorConfig['server'],
  connector: Connector,
  signal: AbortSignal,
): Promise<HealthServer> {
  if (config === false) return { port: 0, close: async () => {} };
  const server = createServer({ requestTimeout: 5_000 }, (request, response) => {
    answer(request, response, connector, signal);
  });
  await listen(server, config.host, config.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  connector.machine.log.info({ host: config.host, port }, 'health server listens');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  connector: Connector,
  signal: AbortSignal,
): void {
  const [status, body] = reply(request, connector, signal);
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}

function reply(
  request: IncomingMessage,
  connector: Connector,
  signal: AbortSignal,
): [status: number, body: object] {
  if (request.method !== 'GET') return [405, { error: 'GET only' }];
  const path = (request.url ?? '').split('?')[0];
  if (path === '/livez') return [200, { status: 'live' }];
  if (path !== '/readyz') return [404, { error: 'not here: /livez or /readyz' }];
  const reasons = signal.aborted ? ['stopping'] : notReady(connector);
  return reasons.length === 0 ? [200, { status: 'ready' }] : [503, { status: 'not ready', reasons }];
}

/** Why the connector is not ready; empty when it is. */
export function notReady({ sources, machine }: Connector): string[] {
  const nowMs = machine.clock.nowMs();
  return sources.flatMap(({ config, collector, room }) => {
    if (room.isFull) return [`${config.id}: the journal is full`];
    const end = collector.coverage.at(-1)?.to;
    if (end === undefined) return [`${config.id}: nothing is read yet`];
    const lagMs = nowMs - Number(end / 1_000_000n);
    return lagMs > STALE_MS ? [`${config.id}: ${Math.round(lagMs / 1000)} s behind`] : [];
  });
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
