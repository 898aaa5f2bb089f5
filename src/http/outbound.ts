import { readFile } from 'node:fs/promises';
import type { Environment } from '../config/environment.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';

/** Proxy for https targets, and the hosts that are reached without it. */
export interface ProxySettings {
  /** `HTTPS_PROXY`, or in small letters. */
  readonly httpsProxy?: string;
  /** `NO_PROXY`, or in small letters. */
  readonly noProxy?: string;
}

/** What the environment says of proxies. Empty variables count as absent. */
export function proxySettings(env: Environment): ProxySettings {
  const httpsProxy = env.HTTPS_PROXY ?? env.https_proxy;
  const noProxy = env.NO_PROXY ?? env.no_proxy;
  return { ...(httpsProxy ? { httpsProxy } : {}), ...(noProxy ? { noProxy } : {}) };
}

/** The certificates of a `ca_file`, PEM. Throws `config.ca_file` (exit 2) when it cannot be read. */
export async function readCaFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ConnectorError(`ca_file ${path} cannot be read: give a PEM file that this user may read`, {
      code: 'config.ca_file',
      exitCode: ExitCode.config,
      cause,
    });
  }
}
