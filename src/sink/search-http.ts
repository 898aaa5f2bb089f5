import { ConnectorError } from '../runtime/errors.ts';

/** Time limit of one request, milliseconds. */
export const REQUEST_TIMEOUT_MS = 60_000;

/** A certificate does not become valid within seconds. */
const TLS_WAIT_MS = 60_000;

const TLS = /certificate|self-signed|CERT_|ERR_TLS|ERR_SSL|EPROTO|SSL routines/i;

/** The data stream of a namespace: type, data set and namespace, as Elastic names them. */
export function streamName(namespace: string): string {
  return `logs-clarifai.audit-${namespace}`;
}

/** A path with its query as both client libraries want it. */
export function pathAndQuery(path: string): { path: string; querystring?: string } {
  const [before, query] = path.split('?', 2) as [string, string?];
  return query === undefined ? { path: before } : { path: before, querystring: query };
}

/** Types what a client library throws when there is no answer. */
export function networkError(error: unknown, place: string): ConnectorError {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const what = `${place} (${message.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, 200)})`;
  const retry = { retryable: true, cause: error };
  if (name === 'TimeoutError') {
    return new ConnectorError(`No answer of ${place} in ${REQUEST_TIMEOUT_MS / 1000} s. It is tried again.`, {
      ...retry,
      code: 'sink.timeout',
    });
  }
  if (name === 'DeserializationError') {
    return new ConnectorError(`The answer of ${place} is no JSON: a proxy may have answered.`, {
      ...retry,
      code: 'sink.broken',
    });
  }
  if (TLS.test(message)) {
    return new ConnectorError(
      `No trusted TLS connection to ${what}. Check ca_file, the host in nodes, and the clock of this machine.`,
      { ...retry, code: 'sink.tls', waitMs: TLS_WAIT_MS },
    );
  }
  return new ConnectorError(`No connection to ${what}. Check nodes, network, firewall and proxy.`, {
    ...retry,
    code: 'sink.network',
  });
}
