import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { ConnectorConfig } from '../../src/config/types.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';

/** What must appear in no message. */
export const CANARY = 'canary-5f1d2c9e';

/** A folder for config files, with the file `pat` in it, for each test of a file. */
export function useConfigFolder() {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'siem-export-config-'));
    writeFileSync(join(folder, 'pat'), `${CANARY}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Loads a config file that holds `text`. */
  function load(text: string, env: Record<string, string> = {}): ConnectorConfig {
    const path = join(folder, 'connector.yaml');
    writeFileSync(path, text);
    return loadConfig(path, env);
  }

  /** The error of a config that is refused. */
  function refusal(text: string, env: Record<string, string> = {}): ConnectorError {
    try {
      load(text, env);
    } catch (error) {
      if (error instanceof ConnectorError) return error;
      throw error;
    }
    throw new Error('the config was taken');
  }

  return { load, refusal, write: (name: string, text: string) => writeFileSync(join(folder, name), text) };
}
