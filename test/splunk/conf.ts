import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of the add-on. */
export const ADD_ON = join(import.meta.dirname, '..', '..', 'config', 'splunk', 'TA-clarifai');

/** Settings by stanza. */
export type Conf = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Reads a `.conf` file as Splunk does: stanzas, `key = value`, comments on lines of their own. Throws at anything else. */
export function readConf(name: string): Conf {
  const conf = new Map<string, Map<string, string>>();
  let stanza: Map<string, string> | undefined;
  for (const line of readFileSync(join(ADD_ON, name), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const head = /^\[(.*)\]$/.exec(line)?.[1];
    if (head !== undefined) {
      if (conf.has(head)) throw new Error(`${name}: [${head}] stands twice`);
      stanza = new Map();
      conf.set(head, stanza);
      continue;
    }
    const [, key, value] = /^([\w-]+) = (.+)$/.exec(line) ?? [];
    if (key === undefined || stanza === undefined || stanza.has(key)) throw new Error(`${name}: ${line}`);
    stanza.set(key, value!);
  }
  return conf;
}
