import { Client, errors } from '@opensearch-project/opensearch';
import type { Environment } from '../config/environment.ts';
import type { OpenSearchSinkConfig } from '../config/types.ts';
import { createNodeAgents, type NodeAgents } from '../http/node-agents.ts';
import { proxySettings, readCaFile } from '../http/outbound.ts';
import type { Log } from '../runtime/log.ts';
import { SearchSink } from './search.ts';
import { SearchAuthorization } from './search-authorization.ts';
import type { SearchClient, SearchReply, SearchRequest } from './search-client.ts';
import { networkError, pathAndQuery, REQUEST_TIMEOUT_MS, streamName } from './search-http.ts';

/** What signs requests to Amazon OpenSearch Service, as options of the client. */
type Signer = Readonly<Record<string, unknown>>;

/** {@link SearchClient} on `@opensearch-project/opensearch`. */
export class OpenSearchClient implements SearchClient {
  readonly #client: Client;
  readonly #authorization: SearchAuthorization;
  readonly #agents: NodeAgents;
  readonly #place: string;
  #closing: Promise<void> | undefined;

  /**
   * @param caPem certificates trusted beside the system's
   * @param signer see {@link createSigner}
   */
  constructor(
    config: OpenSearchSinkConfig,
    caPem: string | undefined,
    env: Environment,
    signer: Signer = {},
  ) {
    const { nodes, auth } = config;
    this.#authorization = new SearchAuthorization(auth);
    const agents = createNodeAgents(caPem, proxySettings(env));
    this.#agents = agents;
    this.#place = nodes[0]!;
    this.#client = new Client({
      ...signer,
      nodes: [...nodes],
      agent: (({ url }: { url: URL }) => (url.protocol === 'http:' ? agents.http : agents.https)) as never,
      maxRetries: 0,
      requestTimeout: REQUEST_TIMEOUT_MS,
    });
  }

  async request(
    { method, path, json, lines, gzip }: SearchRequest,
    signal: AbortSignal,
  ): Promise<SearchReply> {
    signal.throwIfAborted();
    const params = {
      method,
      ...pathAndQuery(path),
      ...(json === undefined ? {} : { body: json as Record<string, unknown> }),
      ...(lines === undefined ? {} : { bulkBody: lines as unknown as string }),
    };
    const headers = { ...this.#authorization.headers(), ...(gzip ? { 'content-encoding': 'gzip' } : {}) };
    const call = this.#client.transport.request(params, { headers });
    // Returns nothing: Node throws what a promise that a listener returns is rejected with, and the call is one.
    const abort = () => {
      call.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      const { statusCode, body, headers: got } = await call;
      return { status: statusCode ?? 0, body, retryAfter: got?.['retry-after'] };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof errors.ResponseError) {
        const { statusCode, body, headers: got } = error.meta;
        return { status: statusCode ?? 0, body, retryAfter: got?.['retry-after'] };
      }
      throw networkError(error, this.#place);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  renewCredentials(): boolean {
    return this.#authorization.renew();
  }

  async close(): Promise<void> {
    // A second call of the client's own waits for ever.
    this.#closing ??= this.#client.close().finally(() => this.#agents.close());
    await this.#closing;
  }
}

/** Signs with what the AWS SDK finds: role, environment, profile (Signature Version 4, service `es`). */
async function createSigner(region: string): Promise<Signer> {
  const { AwsSigv4Signer } = await import('@opensearch-project/opensearch/aws-v3');
  const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
  return AwsSigv4Signer({ region, service: 'es', getCredentials: defaultProvider() }) as unknown as Signer;
}

/** Makes the sink of `config`. Throws `config.ca_file` (exit 2) when its CA file cannot be read. */
export async function createOpenSearchSink(
  config: OpenSearchSinkConfig,
  { log, env }: { readonly log: Log; readonly env: Environment },
): Promise<SearchSink> {
  const { auth, caFile } = config;
  const caPem = caFile === undefined ? undefined : await readCaFile(caFile);
  const signer = auth.kind === 'sigv4' ? await createSigner(auth.region) : {};
  const client = new OpenSearchClient(config, caPem, env, signer);
  const template = { flavour: 'opensearch' as const, stream: streamName(config.namespace) };
  return new SearchSink({ id: config.id, client, template, log });
}
