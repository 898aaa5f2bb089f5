import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the checkout. */
export const ROOT = join(import.meta.dirname, '..', '..');

/** The built program. */
export const MAIN = join(ROOT, 'dist', 'main.js');

/** How the program is run where it is shipped: what its own first line says. */
export interface Shipped {
  /** Flags of Node. */
  readonly flags: readonly string[];
  /** Settings of glibc's malloc. */
  readonly env: Readonly<Record<string, string>>;
}

/** Reads {@link Shipped} from the first line of `src/main.ts`. */
export function readShipped(): Shipped {
  const [line] = readFileSync(join(ROOT, 'src', 'main.ts'), 'utf8').split('\n', 1);
  const words = line!.split(' ').slice(2);
  const node = words.indexOf('node');
  return {
    flags: words.slice(node + 1),
    env: Object.fromEntries(words.slice(0, node).map((word) => word.split('=') as [string, string])),
  };
}
