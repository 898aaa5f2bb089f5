import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'siem-export-servers-';
let swept = false;

/**
 * A new folder for what a server writes. Its name holds the id of this process: what a killed test process left is
 * deleted by the next one.
 */
export function workFolder(name: string): string {
  if (!swept) sweepWorkFolders();
  swept = true;
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-${name}-`));
}

/** Deletes the folders of processes that are gone. */
export function sweepWorkFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    try {
      if (pid > 0 && !runs(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Of another user: theirs to delete.
    }
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
