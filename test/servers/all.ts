import type { Need } from './require.ts';
import { fetchMinio, fetchVersityGw, startMinio, startVersityGw } from './s3.ts';
import {
  ELASTICSEARCH_VERSIONS,
  fetchElasticsearch,
  fetchOpenSearch,
  OPENSEARCH_VERSIONS,
  startElasticsearch,
  startOpenSearch,
} from './search.ts';
import { fetchToxiproxy, startToxiproxy } from './toxiproxy.ts';

/** What every running server has. */
export interface RunningServer {
  /** Of the process group. */
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** A server that tests may need. */
export interface KnownServer {
  readonly name: string;
  /** What fetches it: two of the same kind are not fetched at once. */
  readonly by: 'go' | 'maven';
  readonly fetch: Need;
  readonly start: () => Promise<RunningServer>;
}

/** Every server of the tests. */
export const SERVERS: readonly KnownServer[] = [
  { name: 'toxiproxy', by: 'go', fetch: fetchToxiproxy, start: startToxiproxy },
  { name: 'versitygw', by: 'go', fetch: fetchVersityGw, start: startVersityGw },
  { name: 'minio', by: 'go', fetch: fetchMinio, start: startMinio },
  ...ELASTICSEARCH_VERSIONS.map(
    (version): KnownServer => ({
      name: `elasticsearch ${version}`,
      by: 'maven',
      fetch: () => fetchElasticsearch(version),
      start: () => startElasticsearch({ version }),
    }),
  ),
  ...OPENSEARCH_VERSIONS.map(
    (version): KnownServer => ({
      name: `opensearch ${version}`,
      by: 'maven',
      fetch: () => fetchOpenSearch(version),
      start: () => startOpenSearch({ version }),
    }),
  ),
];
