import { Client, errors, HttpConnection } from '@elastic/elasticsearch';
import type { Environment } from '../config/environment.ts';
import type { ElasticsearchSinkConfig } from '../config/types.ts';
import { createNodeAgents, type NodeAgents } from '../http/node-agents.ts';
import { proxySettings, readCaFile } from '../http/outbound.ts';
import { ConnectorError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { SearchSink } from './search.ts';
import { SearchAuthorization } from './search-authorization.ts';
import type { SearchClient, SearchReply, SearchRequest } from './search-client.ts';
import { networkError, pathAndQuery, REQUEST_TIMEOUT_MS, streamName } from './search-http.ts';

/** {@link SearchClient} on `@elastic/elasticsearch` 8, which servers of 8.19 and 9 understand alike. */
export class ElasticsearchClient implements SearchClient {
  readonly #client: Client;
  readonly #authorization: SearchAuthorization;
  readonly #agents: NodeAgents;
  readonly #place: string;

  /** @param caPem certificates trusted beside the system's */
  constructor(config: ElasticsearchSinkConfig, caPem: string | undefined, env: Environment) {
    const { nodes, cloudId, auth } = config;
    this.#authorization = new SearchAuthorization(auth);
    const agents = createNodeAgents(caPem, proxySettings(env));
    this.#agents = agents;
    this.#place = nodes[0] ?? 'Elastic Cloud';
    this.#client = new Client({
      ...(cloudId === undefined ? { nodes: [...nodes] } : { cloud: { id: cloudId } }),
      Connection: HttpConnection,
      agent: ({ url }: { url: URL }) => (url.protocol === 'http:' ? agents.http : agents.https),
      maxRetries: 0,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enableMetaHeader: false,
    });
  }

  async request(
    { method, path, json, lines, gzip }: SearchRequest,
    signal: AbortSignal,
  ): Promise<SearchReply> {
    const params = {
      method,
      ...pathAndQuery(path),
      ...(json === undefined ? {} : { body: json as Record<string, unknown> }),
      ...(lines === undefined ? {} : { bulkBody: lines as unknown as string }),
    };
    const headers = { ...this.#authorization.headers(), ...(gzip ? { 'content-encoding': 'gzip' } : {}) };
    try {
      const {
        statusCode,
        body,
        headers: got,
      } = await this.#client.transport.request(params, {
        meta: true,
        headers,
        signal,
      });
      return { status: statusCode, body, retryAfter: got?.['retry-after'] as string | undefined };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof errors.ResponseError) {
        const { statusCode, body, headers: got } = error.meta;
        return { status: statusCode ?? 0, body, retryAfter: got?.['retry-after'] as string | undefined };
      }
      if (error instanceof errors.ProductNotSupportedError) throw this.#notElasticsearch(error);
      throw networkError(error, this.#place);
    }
  }

  renewCredentials(): boolean {
    return this.#authorization.renew();
  }

  async close(): Promise<void> {
    await this.#client.close();
    this.#agents.close();
  }

  #notElasticsearch(cause: unknown): ConnectorError {
    return new ConnectorError(
      `${this.#place} does not say that it is Elasticsearch. Check nodes, and whether a proxy answers; OpenSearch has the sink type opensearch.`,
      { code: 'sink.not_elasticsearch', cause },
    );
  }
}

/** Makes the sink of `config`. Throws `config.ca_file` (exit 2) when its CA file cannot be read. */
export async function createElasticsearchSink(
  config: ElasticsearchSinkConfig,
  { log, env }: { readonly log: Log; readonly env: Environment },
): Promise<SearchSink> {
  const caPem = config.caFile === undefined ? undefined : await readCaFile(config.caFile);
  const client = new ElasticsearchClient(config, caPem, env);
  const { namespace, retentionMs, ilmPolicy } = config;
  const stream = streamName(namespace);
  const template = { flavour: 'elasticsearch' as const, stream, retentionMs, ilmPolicy };
  return new SearchSink({ id: config.id, client, template, log });
}
