import { readFileSync } from 'node:fs';
import { Secret } from './secret.ts';

/** A secret in a file, to be read again when it changes. One line end behind it is left out. Throws what is wrong. */
export function secretFromFile(path: string): Secret {
  return new Secret(readSecret(path), () => readSecret(path));
}

function readSecret(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`names ${path}, which cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
      cause,
    });
  }
  const secret = text.replace(/\r?\n$/, '');
  if (/^[\x21-\x7e]{1,4096}$/.test(secret)) return secret;
  throw new Error(`names ${path}, which must hold one line of visible ASCII: the token only`);
}
