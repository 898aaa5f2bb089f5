import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { OutRecord, SinkState } from './sink.ts';

/** What is on record of a file: everything before `offset` was delivered with the saved cursor. */
export interface SavedFile {
  /** Bytes. */
  readonly offset: number;
  /** Inode number, decimal. */
  readonly inode: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const NAME = /^(?:\d{4}-\d{2}-\d{2}|undated)\.ndjson$/;

/** File of a record: by its event date. Nothing else of a record ever gets into a file name. */
export function fileNameOf(date: OutRecord['date']): string {
  return date !== undefined && DATE.test(date) ? `${date}.ndjson` : 'undated.ndjson';
}

/** The state as it is saved with the cursor: `{files: {name: {offset, inode}}}`. */
export function formatState(files: Iterable<readonly [string, SavedFile]>): SinkState {
  return {
    files: Object.fromEntries([...files].map(([name, { offset, inode }]) => [name, { offset, inode }])),
  };
}

/** Reads a saved state. Throws `sink.state_damaged` when it is not one. */
export function parseState(state: SinkState | undefined): Map<string, SavedFile> {
  const files = new Map<string, SavedFile>();
  if (state === undefined) return files;
  const saved = state.files;
  if (typeof saved !== 'object' || saved === null) throw damaged();
  for (const [name, facts] of Object.entries(saved as Record<string, unknown>)) {
    const { offset, inode } = (facts ?? {}) as Partial<Record<keyof SavedFile, unknown>>;
    if (!NAME.test(name) || !Number.isSafeInteger(offset) || typeof inode !== 'string') throw damaged();
    if ((offset as number) < 0) throw damaged();
    files.set(name, { offset: offset as number, inode });
  }
  return files;
}

function damaged(): ConnectorError {
  return new ConnectorError(
    'The file state in the cursor is damaged. Restore the cursor from a backup, or remove it: the lines are then written again.',
    { code: 'sink.state_damaged', exitCode: ExitCode.damaged },
  );
}
