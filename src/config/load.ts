import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { type Environment, substitute } from './environment.ts';
import { type Fault, faultsOf, pathText } from './faults.ts';
import { resolveConfig } from './resolve.ts';
import { brokenRules } from './rules.ts';
import { fileSchema } from './schema.ts';
import { secretsFromFiles } from './secret-file.ts';
import type { ConnectorConfig } from './types.ts';
import { parseYaml, type YamlFault } from './yaml.ts';

/**
 * Reads and checks the config file. Throws `config.invalid` (exit 2) with everything that is wrong at once, a line
 * each, with its path; `config.missing` (exit 2) when it cannot be read. Relative paths in it start at its folder.
 */
export function loadConfig(path: string, env: Environment): ConnectorConfig {
  const folder = dirname(resolve(path));
  const { file, faults: yamlFaults, lineOf } = parseYaml(readConfig(path));
  if (yamlFaults.length > 0) throw invalid(path, yamlFaults.map(describeYaml));
  if (file === null || file === undefined) {
    throw invalid(path, ['  the file is empty: copy config/connector.example.yaml and change it']);
  }
  const faults: Fault[] = [];
  const filled = substitute(file, env, faults);
  const parsed = fileSchema.safeParse(filled);
  if (!parsed.success) faults.push(...faultsOf(parsed.error.issues).map((fault) => missing(fault, filled)));
  faults.push(...brokenRules(filled, folder));
  const secrets = secretsFromFiles(file, filled, folder, faults);
  if (parsed.success && faults.length === 0) return resolveConfig(parsed.data, folder, secrets);
  const placed = faults.map((fault) => ({ line: lineOf(fault.path), text: describe(fault) }));
  placed.sort((a, b) => a.line - b.line);
  throw invalid(path, [
    ...new Set(placed.map(({ line, text }) => `  ${line > 0 ? `line ${line}: ` : ''}${text}`)),
  ]);
}

/** Says of a key that is not there that it is missing, before what it must be. */
function missing(fault: Fault, file: unknown): Fault {
  const value = fault.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | null)?.[key],
    file,
  );
  return value === undefined ? { ...fault, message: `is missing: it ${fault.message}` } : fault;
}

function describeYaml({ line, column, message }: YamlFault): string {
  return line === undefined ? `  ${message}` : `  line ${line}, column ${column}: ${message}`;
}

function describe({ path, message }: Fault): string {
  return path.length === 0 ? `the file ${message}` : `${pathText(path)} ${message}`;
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new ConnectorError(
      `config ${path}: ${what}. Copy config/connector.example.yaml and change it, or name another file with --config.`,
      { code: 'config.missing', exitCode: ExitCode.config, cause },
    );
  }
}

function invalid(path: string, lines: readonly string[]): ConnectorError {
  const count = lines.length === 1 ? 'this is wrong' : `these ${lines.length} things are wrong`;
  return new ConnectorError(`config ${path}: ${count}, nothing was started:\n${lines.join('\n')}`, {
    code: 'config.invalid',
    exitCode: ExitCode.config,
  });
}
