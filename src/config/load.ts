import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import { type Environment, substitute } from './environment.ts';
import { type Fault, faultsOf, pathText } from './faults.ts';
import { resolveConfig } from './resolve.ts';
import { brokenRules } from './rules.ts';
import { fileSchema } from './schema.ts';
import type { ConnectorConfig } from './types.ts';

/**
 * Reads and checks the config file. Throws `config.invalid` (exit 2) with everything that is wrong at once, a line
 * each, with its path. Relative paths in it start at its folder.
 */
export function loadConfig(path: string, env: Environment): ConnectorConfig {
  const folder = dirname(resolve(path));
  const { file, lineOf } = parseYaml(path, readConfig(path));
  const faults: Fault[] = [];
  const filled = substitute(file, env, faults);
  const parsed = fileSchema.safeParse(filled);
  if (!parsed.success) faults.push(...faultsOf(parsed.error.issues));
  faults.push(...brokenRules(filled, folder));
  const config = parsed.success ? resolveConfig(parsed.data, folder, faults) : undefined;
  if (config !== undefined && faults.length === 0) return config;
  const placed = faults.map((fault) => ({ line: lineOf(fault.path), text: describe(fault) }));
  placed.sort((a, b) => a.line - b.line);
  throw invalid(path, [
    ...new Set(placed.map(({ line, text }) => `  ${line > 0 ? `line ${line}: ` : ''}${text}`)),
  ]);
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

interface ParsedYaml {
  readonly file: unknown;
  /** Line of a path, or of what it is in; 0 when that has no place of its own. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

function parseYaml(path: string, text: string): ParsedYaml {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalid(
      path,
      document.errors.map(({ message, pos }) => {
        const { line, col } = counter.linePos(pos[0]);
        return `  line ${line}, column ${col}: ${message}`;
      }),
    );
  }
  const lineOf = (place: readonly PropertyKey[]): number => {
    for (let depth = place.length; depth > 0; depth--) {
      const node = document.getIn(place.slice(0, depth), true) as
        | { range?: [number, number, number] }
        | undefined;
      if (node?.range !== undefined) return counter.linePos(node.range[0]).line;
    }
    return 0;
  };
  return { file: document.toJS({ maxAliasCount: 100 }) ?? {}, lineOf };
}

function invalid(path: string, lines: readonly string[]): ConnectorError {
  const count = lines.length === 1 ? 'this is wrong' : `these ${lines.length} things are wrong`;
  return new ConnectorError(`config ${path}: ${count}, nothing was started:\n${lines.join('\n')}`, {
    code: 'config.invalid',
    exitCode: ExitCode.config,
  });
}
