import { configJsonSchema } from '../config/json-schema.ts';
import { ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';

/** `config-schema`: prints the JSON Schema of the config file. */
export async function execute(_options: object, host: Host): Promise<number> {
  await host.writeOut(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
  return ExitCode.done;
}
