import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';
import type { ProxySettings } from './outbound.ts';

/** Connections of a library that speaks HTTP through `node:http`. */
export interface NodeAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** Ends all connections. Idempotent. */
  close(): void;
}

/** More than a sink has requests under way. */
const MAX_SOCKETS = 16;

/**
 * Agents with keep-alive. Plain http is for loopback and never goes through a proxy.
 *
 * @param caPem certificates trusted beside the system's
 */
export function createNodeAgents(caPem: string | undefined, proxy: ProxySettings): NodeAgents {
  const common = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const { httpsProxy, noProxy } = proxy;
  const http = new HttpAgent(common);
  const https = new HttpsAgent({
    ...common,
    ...(caPem === undefined ? {} : { ca: [...getCACertificates('default'), caPem] }),
    ...(httpsProxy === undefined ? {} : { proxyEnv: { HTTPS_PROXY: httpsProxy, NO_PROXY: noProxy ?? '' } }),
  });
  return {
    http,
    https,
    close: () => {
      http.destroy();
      https.destroy();
    },
  };
}
