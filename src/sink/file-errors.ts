import { ConnectorError, ExitCode } from '../runtime/errors.ts';

/** Errors that name a wrong place or right: an operator must act. */
const REFUSED: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only: mount it writable, or choose another path',
  EACCES: 'permission denied: give the user of this process write access',
  EPERM: 'operation not permitted: give the user of this process write access',
  ENOTDIR: 'a part of the path is not a folder: choose another path',
  EISDIR: 'there is a folder where a file belongs: move it away',
  ELOOP: 'too many symbolic links: choose another path',
};

/**
 * An error of the file system in the words of a sink: `sink.full` (retryable), `sink.read_only` and
 * `sink.permission` (exit code 2), `sink.io` (retryable) for all others. A {@link ConnectorError} and an abort
 * stay what they are.
 */
export function fileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof ConnectorError || typeof code !== 'string') return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ConnectorError(`No space left for ${path}: free some; it goes on by itself.`, {
      code: 'sink.full',
      retryable: true,
      cause: error,
    });
  }
  const refused = REFUSED[code];
  if (refused !== undefined) {
    return new ConnectorError(`Cannot write to ${path}: ${refused}.`, {
      code: code === 'EROFS' ? 'sink.read_only' : 'sink.permission',
      exitCode: ExitCode.config,
      cause: error,
    });
  }
  return new ConnectorError(`Writing to ${path} failed (${code}); it is tried again.`, {
    code: 'sink.io',
    retryable: true,
    cause: error,
  });
}
