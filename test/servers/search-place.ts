import { ConnectorError } from '../../src/runtime/errors.ts';
import { createElasticsearchSink } from '../../src/sink/elasticsearch.ts';
import { createOpenSearchSink } from '../../src/sink/opensearch.ts';
import type { Sink } from '../../src/sink/sink.ts';
import { sinkDeps } from '../sink/deps.ts';
import {
  fetchElasticsearch,
  fetchOpenSearch,
  type SearchServer,
  startElasticsearch,
  startOpenSearch,
} from './search.ts';

/** A kind and version of search server that the sink is tested with. */
export interface SearchTarget {
  readonly name: string;
  readonly type: 'elasticsearch' | 'opensearch';
  readonly fetch: () => Promise<unknown>;
  readonly start: () => Promise<SearchServer>;
}

const elasticsearch = (version: '8.19.21' | '9.5.3'): SearchTarget => ({
  name: `Elasticsearch ${version}`,
  type: 'elasticsearch',
  fetch: () => fetchElasticsearch(version),
  start: () => startElasticsearch({ version }),
});

const openSearch = (version: '2.19.6' | '3.8.0'): SearchTarget => ({
  name: `OpenSearch ${version}`,
  type: 'opensearch',
  fetch: () => fetchOpenSearch(version),
  start: () => startOpenSearch({ version }),
});

/** Every search server that the sink promises to work with. */
export const SEARCH_TARGETS: readonly SearchTarget[] = [
  elasticsearch('8.19.21'),
  elasticsearch('9.5.3'),
  openSearch('2.19.6'),
  openSearch('3.8.0'),
];

/** A data stream of its own on a server, and sinks that write to it. */
export class SearchPlace {
  readonly #target: SearchTarget;
  readonly #server: SearchServer;
  readonly stream: string;
  readonly #namespace: string;

  constructor(target: SearchTarget, server: SearchServer, namespace: string) {
    this.#target = target;
    this.#server = server;
    this.#namespace = namespace;
    this.stream = `logs-clarifai.audit-${namespace}`;
  }

  /** A sink, not set up. `url`: another way to the server. */
  async sink(url = this.#server.url): Promise<Sink & Required<Pick<Sink, 'setUp'>>> {
    const common = {
      id: 'siem',
      sources: ['acme'],
      from: 'earliest',
      format: 'ecs',
      records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
      batch: { maxRecords: 1_000, maxBytes: 5 * 2 ** 20, maxWaitMs: 1_000 },
      nodes: [url],
      namespace: this.#namespace,
      auth: { kind: 'none' },
      caFile: undefined,
    } as const;
    const more = { cloudId: undefined, retentionMs: undefined, ilmPolicy: undefined };
    return this.#target.type === 'elasticsearch'
      ? await createElasticsearchSink({ ...common, ...more, type: 'elasticsearch' }, sinkDeps())
      : await createOpenSearchSink({ ...common, type: 'opensearch' }, sinkDeps());
  }

  /** All lines that the stream holds, in the order of their ids; [] when it is not there. */
  async lines(): Promise<string[]> {
    return (await this.#hits()).map(({ _source }) => JSON.stringify(_source));
  }

  /** All ids that the stream holds, in order; an id in two backing indexes twice. */
  async ids(): Promise<string[]> {
    return (await this.#hits()).map(({ _id }) => _id);
  }

  /** One request that must succeed. */
  async call(method: string, path: string, body?: unknown): Promise<void> {
    const { status, text } = await this.#server.call(method, path, body);
    if (status > 299) throw new Error(`${method} ${path}: HTTP ${status} ${text}`);
  }

  async #hits(): Promise<{ _id: string; _source: unknown }[]> {
    const refreshed = await this.#server.call('POST', `/${this.stream}/_refresh`);
    if (refreshed.status === 404) return [];
    const found = await this.#server.call('POST', `/${this.stream}/_search`, { size: 10_000 });
    if (found.status !== 200) throw new Error(found.text);
    const hits = found.json.hits.hits as { _id: string; _source: unknown }[];
    return hits.sort((a, b) => (a._id < b._id ? -1 : a._id > b._id ? 1 : 0));
  }
}

/** What `work` throws, which must be a `ConnectorError`. */
export async function thrownBy(work: Promise<unknown>): Promise<ConnectorError> {
  const error = await work.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof ConnectorError) return error;
  throw error;
}
