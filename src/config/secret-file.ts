import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Fault } from './faults.ts';
import { Secret } from './secret.ts';

/**
 * The PATs that sources keep in files, by index of the source. What is wrong with a file is added to `faults`. Both
 * `written` and `filled` are the list of sources, before and after variables were replaced: a message shows a path as
 * it is written, since a variable may hold the token itself.
 */
export function secretsFromFiles(
  written: unknown,
  filled: unknown,
  folder: string,
  faults: Fault[],
): Map<number, Secret> {
  const secrets = new Map<number, Secret>();
  const list: unknown[] = Array.isArray(filled) ? filled : [];
  for (const [i, source] of list.entries()) {
    const name = patFile(source);
    if (name === undefined || name === '') continue;
    const path = resolve(folder, name);
    const asWritten = patFile((written as unknown[])[i]) ?? '';
    try {
      secrets.set(i, secretFromFile(path));
    } catch (error) {
      const shown = shownName(asWritten, name === asWritten ? path : asWritten);
      faults.push({
        path: ['sources', i, 'pat_file'],
        message: `names ${shown}, ${(error as Error).message}`,
      });
    }
  }
  return secrets;
}

function patFile(source: unknown): string | undefined {
  const name = (source as { pat_file?: unknown } | null | undefined)?.pat_file;
  return typeof name === 'string' ? name : undefined;
}

/** A token that was put where its file belongs is not shown. */
function shownName(written: string, name: string): string {
  if (!/^[\w-]{32,}$/.test(written)) return JSON.stringify(name);
  return 'what looks like the token itself (that belongs under pat, or into a file)';
}

/**
 * A secret in a file, to be read again when it changes. One line end behind it is left out. Throws what is wrong, to
 * be read behind the name of the file; never names the file or what it holds.
 */
export function secretFromFile(path: string): Secret {
  return new Secret(readSecret(path), () => readSecret(path));
}

function readSecret(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // No `cause`: its message holds the path, which may be a secret at a wrong place.
    throw new Error(`which cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new Error('which is empty: it must hold the token');
  if (/^[\x21-\x7e]{1,4096}$/.test(secret)) return secret;
  throw new Error('which must hold one line of visible ASCII: the token only');
}
