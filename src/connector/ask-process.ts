import type { ConnectorConfig } from '../config/types.ts';
import { SegmentFiles } from '../journal/segment-files.ts';
import type { Store } from '../store/store.ts';
import { isLiveStatusJson, type StatusJson } from './status-json.ts';

/** How long a process may take to answer, milliseconds: it looks at every object of the store now and again. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * Asks the process that runs with `config` how it is doing. Undefined when none answers on the configured port, and
 * when what answers is not the process of this journal: another version, other sources, another chain.
 *
 * @param store the journal that the process must be writing; only read
 */
export async function askProcess(
  { server, sources }: ConnectorConfig,
  store: Store,
  signal: AbortSignal,
): Promise<StatusJson | undefined> {
  if (server === false || server.port === 0) return undefined;
  const told = await fetchJson(`http://${addressOf(server.host)}:${server.port}/status.json`, signal);
  if (!isLiveStatusJson(told)) return undefined;
  const ids = sources.map(({ id }) => id);
  if (told.sources.map(({ source }) => source).join() !== ids.join()) return undefined;
  for (const { source, journal } of told.sources) {
    const genesis = (await new SegmentFiles(store, source).readHeader(0))?.genesis;
    if (genesis === undefined || genesis.chainId !== journal?.chain_id) return undefined;
  }
  return told;
}

async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
    const response = await fetch(url, { signal: within, redirect: 'error' });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/** Where a server that listens on `host` is reached from the same machine. */
function addressOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
