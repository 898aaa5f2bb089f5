/** One request to Elasticsearch or OpenSearch. */
export interface SearchRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** Path with its query, escaped. */
  readonly path: string;
  /** A JSON document. */
  readonly json?: unknown;
  /** Lines of JSON, each with its end, for `_bulk`; compressed already when `gzip`. */
  readonly lines?: Buffer;
  readonly gzip?: boolean;
}

/** What came back, whatever its status. */
export interface SearchReply {
  readonly status: number;
  /** The parsed JSON, or the text of a body that is none. */
  readonly body: unknown;
  /** `Retry-After`, as it came. */
  readonly retryAfter: string | undefined;
}

/**
 * Carries requests to a cluster; retries nothing and judges nothing but the connection. One implementation for each
 * client library.
 */
export interface SearchClient {
  /**
   * Throws `signal.reason` on abort, else a retryable `sink.network`, `sink.tls`, `sink.timeout` or `sink.broken`; and
   * `sink.not_elasticsearch`, not retryable, when the server says that it is something else.
   */
  request(request: SearchRequest, signal: AbortSignal): Promise<SearchReply>;
  /** Reads changed credentials again. True when there are others than before. */
  renewCredentials(): boolean;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}
