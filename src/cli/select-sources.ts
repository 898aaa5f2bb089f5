import type { ConnectorConfig, SourceConfig } from '../config/types.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';

/** The sources a command is for: the one named, or all. Throws `cli.source` (exit 2) for a name that is none. */
export function selectSources(config: ConnectorConfig, id: string | undefined): readonly SourceConfig[] {
  if (id === undefined) return config.sources;
  const source = config.sources.find((each) => each.id === id);
  if (source !== undefined) return [source];
  const known = config.sources.map((each) => each.id).join(', ');
  throw new ConnectorError(`--source ${id}: the config has no such source, only ${known}`, {
    code: 'cli.source',
    exitCode: ExitCode.config,
  });
}
