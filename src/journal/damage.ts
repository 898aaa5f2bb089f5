import { ConnectorError, ExitCode } from '../runtime/errors.ts';

/** `journal.damaged` (exit 6), with its parts for a report. */
export class JournalDamage extends ConnectorError {
  /** Key of the object. */
  readonly key: string;
  /** What is wrong with it, e.g. `it is missing`. */
  readonly reason: string;

  constructor(key: string, reason: string, cause?: unknown) {
    super(
      `The journal is damaged: ${key}: ${reason}. Restore the object from a backup, or run \`verify\` to see all of ` +
        'the damage and `repair` to set it aside and read its entries again.',
      { code: 'journal.damaged', exitCode: ExitCode.damaged, cause },
    );
    this.key = key;
    this.reason = reason;
  }
}

/** The object at `key` is not what the chain says. */
export function damaged(key: string, reason: string, cause?: unknown): JournalDamage {
  return new JournalDamage(key, reason, cause);
}

/** `journal.newer_format` (exit 6): the object at `key` was written by a later version of this program. */
export function newerFormat(key: string, version: number, known: number): ConnectorError {
  return new ConnectorError(
    `${key} has format ${version}, and this program knows formats up to ${known}: upgrade to the version that wrote ` +
      'it. Nothing is damaged.',
    { code: 'journal.newer_format', exitCode: ExitCode.damaged },
  );
}

/** `journal.trimmed`: retention removed what is asked for. */
export function trimmedAway(source: string, n: number, begins: number): ConnectorError {
  return new ConnectorError(
    `Segment ${n} of ${source} was removed by retention: the journal now begins with segment ${begins}.`,
    { code: 'journal.trimmed' },
  );
}
