/** One POST. */
export interface TransportRequest {
  /** Absolute URL, without secrets. */
  readonly url: string;
  /** Header fields; the only place where a secret may be. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body; text goes as UTF-8. */
  readonly body: string | Buffer;
  /** Time limit for the whole exchange, connecting and reading the last byte included, milliseconds. */
  readonly deadlineMs: number;
  /** Largest body of a successful answer, before and after decompression, bytes. */
  readonly maxBytes: number;
  /** Called once, when the request is written to an open connection. Not called when it never gets that far. */
  readonly onSent?: () => void;
}

/** What came back. */
export interface TransportResponse {
  /** HTTP status. Redirects are not followed: 3xx arrives here. */
  readonly status: number;
  /** Header fields, names in lower case; of repeated ones the values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body, decompressed. Of an answer other than 2xx at most the first 64 KiB, and empty when it cannot be read:
   * such an answer is judged by its status.
   */
  readonly body: Buffer;
  /** Gives the memory of `body` back at once; views of it are empty from then on. Optional to call. */
  release(): void;
}

/**
 * Carries requests. Nothing is retried here.
 *
 * Throws `signal.reason` on abort, else {@link ConnectorError}, retryable unless said: `<scope>.network`, `<scope>.dns`,
 * `<scope>.tls`, `<scope>.timeout`, `<scope>.broken` (no valid HTTP, or a content encoding other than one gzip),
 * `<scope>.too_large` (not retryable: more than `maxBytes`). The scope is `source` or `sink.http`.
 */
export interface Transport {
  post(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse>;
}
