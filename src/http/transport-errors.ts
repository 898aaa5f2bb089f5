import { ConnectorError } from '../runtime/errors.ts';

/** Who is at the other end, as errors name it. */
export interface Peer {
  /** First part of error codes: `source`, or `sink.http`. */
  readonly scope: 'source' | 'sink.http';
  /** Config key that holds its address, for advice. */
  readonly urlKey: string;
}

/** The Clarifai API. */
export const API_PEER: Peer = { scope: 'source', urlKey: 'base_url' };

const DNS = /^(ENOTFOUND|ENODATA|ESERVFAIL|ETIMEOUT|EAI_\w+)$/;
const TLS =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_MISMATCH|EPROTO|UND_ERR_PRX_TLS)/;
const TIMEOUT = /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/;
const INVALID_HTTP = /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)/;

/** A certificate does not become valid within seconds. */
const TLS_WAIT_MS = 60_000;

/** Types a failure of the network as {@link ConnectorError}: code, whether and when to retry, and what to check. */
export function transportError(error: unknown, url: string, { scope, urlKey }: Peer): ConnectorError {
  const code = codeOf(error);
  const place = `${new URL(url).origin} (${code || 'no code'})`;
  const retry = { retryable: true, cause: error };
  if (DNS.test(code)) {
    const message = `The host name cannot be resolved: ${place}. Check ${urlKey}, the proxy setting and the DNS of this machine.`;
    return new ConnectorError(message, { ...retry, code: `${scope}.dns` });
  }
  if (TLS.test(code)) {
    const message = `No trusted TLS connection: ${place}. Check the clock of this machine, the host in ${urlKey}, and ca_file when a proxy or a private authority signs.`;
    return new ConnectorError(message, { ...retry, code: `${scope}.tls`, waitMs: TLS_WAIT_MS });
  }
  if (TIMEOUT.test(code)) {
    const message = `No connection in time: ${place}. Check the network, firewall and proxy.`;
    return new ConnectorError(message, { ...retry, code: `${scope}.timeout` });
  }
  if (INVALID_HTTP.test(code)) {
    const message = `The answer is not valid HTTP: ${place}. Check what stands between.`;
    return new ConnectorError(message, { ...retry, code: `${scope}.broken` });
  }
  const message = `The connection failed: ${place}. Check the network, firewall and proxy.`;
  return new ConnectorError(message, { ...retry, code: `${scope}.network` });
}

/** The request took longer than its time limit. */
export function timeoutError(url: string, deadlineMs: number, { scope }: Peer): ConnectorError {
  const message = `No complete answer within ${deadlineMs} ms: ${new URL(url).origin}. It or the network is slow.`;
  return new ConnectorError(message, { code: `${scope}.timeout`, retryable: true });
}

/** The answer is larger than `maxBytes`. The same request would be answered alike: ask for less. */
export function tooLargeError(url: string, maxBytes: number, { scope }: Peer): ConnectorError {
  const message = `The answer of ${new URL(url).origin} exceeds ${maxBytes} bytes.`;
  return new ConnectorError(message, { code: `${scope}.too_large` });
}

/** The first code in `error`, its parts and its causes; empty when there is none. */
function codeOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return '';
  // "Request aborted", say, is what undici makes of many failures: the cause knows more.
  const inner = codeOf(error.cause, depth + 1);
  if (inner !== '') return inner;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0], depth + 1) : '';
}
