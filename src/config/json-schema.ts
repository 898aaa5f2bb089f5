import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** JSON Schema (draft 2020-12) of the config file, for editors. `config/connector.schema.json` holds it. */
export function configJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(fileSchema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title: 'Config file of clarifai-siem-export', ...schema };
}
