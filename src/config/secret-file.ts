import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Fault } from './faults.ts';
import { Secret } from './secret.ts';

/** Keys that hold secrets, by list. Each may be given inline, or in a file that `<key>_file` names. */
export const SECRET_KEYS: Readonly<Record<string, readonly string[]>> = {
  sources: ['pat'],
  sinks: ['api_key', 'password', 'secret_access_key', 'token'],
};

/** Secrets that are kept in files, by their place: `sources.0.pat`. */
export type FileSecrets = ReadonlyMap<string, Secret>;

/**
 * The secrets that sources and sinks keep in files. What is wrong with a file is added to `faults`. `written` and
 * `filled` are the document before and after variables were replaced: a message shows a path as it is written, since
 * a variable may hold the secret itself.
 */
export function secretsFromFiles(
  written: unknown,
  filled: unknown,
  folder: string,
  faults: Fault[],
): FileSecrets {
  const secrets = new Map<string, Secret>();
  for (const [list, keys] of Object.entries(SECRET_KEYS)) {
    for (const [i, item] of itemsOf(filled, list).entries()) {
      for (const key of keys) {
        const name = textAt(item, `${key}_file`);
        if (name === undefined || name === '') continue;
        const path = resolve(folder, name);
        const asWritten = textAt(itemsOf(written, list)[i], `${key}_file`) ?? '';
        try {
          secrets.set(`${list}.${i}.${key}`, secretFromFile(path));
        } catch (error) {
          const shown = shownName(asWritten, name === asWritten ? path : asWritten, key);
          faults.push({
            path: [list, i, `${key}_file`],
            message: `names ${shown}, ${(error as Error).message}`,
          });
        }
      }
    }
  }
  return secrets;
}

function itemsOf(document: unknown, list: string): readonly unknown[] {
  const items = (document as Readonly<Record<string, unknown>> | null | undefined)?.[list];
  return Array.isArray(items) ? items : [];
}

function textAt(item: unknown, key: string): string | undefined {
  const value = (item as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}

/** A token that was put where its file belongs is not shown. */
function shownName(written: string, name: string, key: string): string {
  if (!/^[\w-]{32,}$/.test(written)) return JSON.stringify(name);
  return `what looks like the secret itself (that belongs under ${key}, or into a file)`;
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
  if (secret === '') throw new Error('which is empty: it must hold the secret');
  if (/^[\x21-\x7e]{1,4096}$/.test(secret)) return secret;
  throw new Error('which must hold one line of visible ASCII: the secret only');
}
