import { Secret } from './secret.ts';
import type { ConnectorConfig } from './types.ts';

/** Every secret of a config: PATs, and what sinks sign in with. */
export function secretsOf(config: ConnectorConfig): readonly Secret[] {
  return secretsIn(config);
}

function secretsIn(value: unknown): Secret[] {
  if (value instanceof Secret) return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
}
