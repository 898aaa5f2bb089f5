import { ConnectorError, type ConnectorErrorOptions, ExitCode } from '../runtime/errors.ts';

/** What a store answered: stores use different names for the same thing, so the status comes first. */
export interface S3Fault {
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  /** `NoSuchBucket` and the like, or the name of the error of the connection. */
  readonly name: string;
  readonly message: string;
}

/** Longest piece of the store's words in a message, characters. */
const MAX_WORDS = 200;
const TLS = /certificate|self-signed|CERT_|ERR_TLS|ERR_SSL|EPROTO|SSL routines/i;
const CHECKSUM = /BadDigest|InvalidDigest|ChecksumMismatch/;
const REGION = /AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraint|InvalidRegion/;
const EXPIRED = /ExpiredToken|TokenRefreshRequired|InvalidToken/;
const SLOW = /SlowDown|Throttling|RequestTimeout$|RequestTimeoutException|ServiceUnavailable|InternalError/;
const CONFIG = { exitCode: ExitCode.config };
const RETRY = { retryable: true };

/** Reads an error of the AWS SDK. */
export function s3FaultOf(error: unknown): S3Fault {
  const { name, message, $metadata } = (error ?? {}) as Error & { $metadata?: { httpStatusCode?: number } };
  return {
    status: $metadata?.httpStatusCode ?? 0,
    name: printable(String(name ?? '')),
    message: printable(String(message ?? '')),
  };
}

/**
 * Types an error of the AWS SDK. The codes: `sink.unavailable`, `sink.conflict`, `sink.clock_skew`, `sink.checksum`,
 * `sink.network`, `sink.tls` (retryable), `sink.missing`, `sink.region`, `sink.refused`, `sink.bad_request` (not).
 *
 * @param what which request it was, for messages
 */
export function s3Error(error: unknown, what: string): ConnectorError {
  const fault = s3FaultOf(error);
  const make = maker(what, fault, error);
  return fault.status === 0 ? noAnswer(fault, make) : (mended(fault, make) ?? refusedBy(fault, make));
}

type Make = (code: string, advice: string, more: Partial<ConnectorErrorOptions>) => ConnectorError;

function maker(what: string, { status, name, message }: S3Fault, cause: unknown): Make {
  const words = [status === 0 ? '' : `HTTP ${status}`, name, message]
    .filter((text) => text !== '')
    .join(', ');
  return (code, advice, more) =>
    new ConnectorError(`${what} failed (${words}). ${advice}`, { code: `sink.${code}`, cause, ...more });
}

function noAnswer({ name, message }: S3Fault, make: Make): ConnectorError {
  if (TLS.test(`${name} ${message}`)) {
    const advice = 'Check ca_file, endpoint, and the clock of this machine.';
    return make('tls', advice, { ...RETRY, waitMs: 60_000 });
  }
  if (/Credentials/.test(name)) {
    return make(
      'refused',
      'Give access_key_id and secret_access_key_file, or a role that AWS SDKs find.',
      CONFIG,
    );
  }
  return make('network', 'Check endpoint, region, network, firewall and proxy. It is tried again.', RETRY);
}

/** What trying again mends. */
function mended({ status, name }: S3Fault, make: Make): ConnectorError | undefined {
  if (name === 'RequestTimeTooSkewed') {
    return make(
      'clock_skew',
      'The clock of this machine is wrong: mend NTP. It is tried with their clock.',
      RETRY,
    );
  }
  if (CHECKSUM.test(name)) return make('checksum', 'The bytes changed on the way. It is tried again.', RETRY);
  if (status >= 500 || status === 429 || SLOW.test(name))
    return make('unavailable', 'It is tried again.', RETRY);
  if (status === 409)
    return make('conflict', 'Another write to the key is under way. It is tried again.', RETRY);
  return undefined;
}

function refusedBy({ status, name }: S3Fault, make: Make): ConnectorError {
  if (EXPIRED.test(name)) return make('refused', 'The credentials have expired: renew them.', CONFIG);
  if (status === 301 || REGION.test(name)) {
    return make('region', 'The bucket is in another region, or behind another endpoint: check both.', CONFIG);
  }
  if (status === 404)
    return make('missing', 'The bucket is not there, and is never made. Check its name.', CONFIG);
  if (status === 401 || status === 403) {
    const advice =
      'Check the credentials, expected_bucket_owner, and that the policy allows what docs/sinks.md names.';
    return make('refused', advice, CONFIG);
  }
  return make(
    'bad_request',
    'The store does not take this request: see docs/sinks.md for what it must know.',
    CONFIG,
  );
}

function printable(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]/g, ' ')
    .slice(0, MAX_WORDS)
    .trim();
}
