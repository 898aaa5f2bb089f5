import type { SourceConfig } from '../config/types.ts';
import { proxySettings, readCaFile } from '../http/outbound.ts';
import { API_PEER } from '../http/transport-errors.ts';
import { UndiciTransport } from '../http/undici-transport.ts';
import { createAuditLogApi } from '../source/client.ts';
import { createLimiters } from '../source/limiters.ts';
import type { Machine } from './machine.ts';
import type { ApiFor } from './open.ts';

/** The API of each source, and what ends their connections. */
export interface Apis {
  readonly apiFor: ApiFor;
  close(): Promise<void>;
}

/**
 * Connects sources to Clarifai: one limiter for each PAT, one set of connections for each CA file, proxies from
 * `HTTPS_PROXY` and `NO_PROXY`. Throws `config.ca_file` (exit 2) when a CA file cannot be read.
 */
export async function openApis(sources: readonly SourceConfig[], machine: Machine): Promise<Apis> {
  const { clock, random, log, metrics, host } = machine;
  const limiters = createLimiters(sources, clock);
  const transports = new Map<string | undefined, UndiciTransport>();
  for (const { caFile } of sources) {
    if (transports.has(caFile)) continue;
    const transport = new UndiciTransport({
      clock,
      peer: API_PEER,
      ...(caFile === undefined ? {} : { caPem: await readCaFile(caFile) }),
      ...proxySettings(host.env),
    });
    transports.set(caFile, transport);
  }
  return {
    apiFor: (source) =>
      createAuditLogApi({
        source,
        transport: transports.get(source.caFile)!,
        limiter: limiters.get(source.id)!,
        clock,
        random,
        log: log.child({ source: source.id }),
        metrics,
      }),
    close: async () => {
      await Promise.all([...transports.values()].map((transport) => transport.close()));
    },
  };
}
