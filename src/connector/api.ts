import { readFile } from 'node:fs/promises';
import type { SourceConfig } from '../config/types.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { createAuditLogApi } from '../source/client.ts';
import { createLimiters } from '../source/limiters.ts';
import { UndiciTransport } from '../source/undici-transport.ts';
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
    const httpsProxy = host.env.HTTPS_PROXY ?? host.env.https_proxy;
    const noProxy = host.env.NO_PROXY ?? host.env.no_proxy;
    const transport = new UndiciTransport({
      clock,
      ...(caFile === undefined ? {} : { caPem: await readCa(caFile) }),
      ...(httpsProxy ? { httpsProxy } : {}),
      ...(noProxy ? { noProxy } : {}),
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

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ConnectorError(`ca_file ${path} cannot be read: give a PEM file that this user may read`, {
      code: 'config.ca_file',
      exitCode: ExitCode.config,
      cause,
    });
  }
}
