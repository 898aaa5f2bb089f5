import { ConnectorError, ExitCode } from '../runtime/errors.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const READ_ONLY = new Set(['EROFS', 'EACCES', 'EPERM']);

/** `code` of a file system error, e.g. `ENOENT`; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A file system error as the {@link ConnectorError} that the store contract names: `store.full`, `store.read_only`
 * or `store.io`. Anything else comes back unchanged.
 *
 * @param what what was tried, e.g. `write`
 */
export function storeError(error: unknown, what: string, path: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  if (FULL.has(errno)) return fullError(what, path, error);
  if (READ_ONLY.has(errno)) return readOnlyError(what, path, error);
  return new ConnectorError(
    `Cannot ${what} ${path}: ${errno}. It is tried again; if this goes on, check the disk or volume.`,
    { code: 'store.io', retryable: true, cause: error },
  );
}

/** `store.full`: no space or no quota left. */
export function fullError(what: string, path: string, cause: unknown): ConnectorError {
  return new ConnectorError(
    `Cannot ${what} ${path}: the disk or quota is full. Nothing is lost and it is tried again: free some space, ` +
      'enlarge the volume, or lower journal.retention.',
    { code: 'store.full', retryable: true, cause },
  );
}

/** `store.read_only`: the place must not be written. */
export function readOnlyError(what: string, path: string, cause: unknown): ConnectorError {
  return new ConnectorError(
    `Cannot ${what} ${path}: it is read-only, or the user of this process may not do that. Mount journal.path ` +
      'writable and give this user read and write permission on it.',
    { code: 'store.read_only', exitCode: ExitCode.config, cause },
  );
}
