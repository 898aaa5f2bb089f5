import { existsSync, readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

const FOLDER = new URL('../../../shared/schemas/', import.meta.url);

const CLASSES = {
  3004: 'entity_management',
  3005: 'user_access',
  3006: 'group_management',
  6003: 'api_activity',
} as const;

/** Whether the OCSF JSON Schemas are there: they are not part of this project. */
export const HAS_SCHEMAS = existsSync(FOLDER);

/** Why a test that needs the schemas is skipped, for its name. */
export const SKIP_REASON = HAS_SCHEMAS
  ? ''
  : ' (skipped: the OCSF JSON Schemas of ../shared/schemas are not there)';

const validators = new Map<string, ValidateFunction>();

function validator(version: string, classUid: keyof typeof CLASSES): ValidateFunction {
  const key = `${version} ${classUid}`;
  let validate = validators.get(key);
  if (validate === undefined) {
    const file = new URL(`ocsf-${version}/${CLASSES[classUid]}.schema.json`, FOLDER);
    // Their `$id` has a fragment, which draft 2020-12 does not allow; nothing refers to it.
    const { $id: _, ...schema } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    validate = new Ajv2020({ strict: false }).compile(schema);
    validators.set(key, validate);
  }
  return validate;
}

function* emptyValues(value: unknown, path: string): Generator<string> {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0))
    yield `${path} is empty`;
  else if (typeof value === 'string' && !value.isWellFormed()) yield `${path} has a lone surrogate`;
  else if (typeof value === 'object') {
    for (const [key, each] of Object.entries(value)) yield* emptyValues(each, `${path}/${key}`);
  }
}

/** What is wrong with a record by the JSON Schema of its class, and where it holds nulls or nothing. */
export function ocsfFaults(record: unknown, version: '1.8.0' | '1.3.0'): string[] {
  const validate = validator(version, (record as { class_uid: keyof typeof CLASSES }).class_uid);
  const faults = [...emptyValues(record, '')];
  if (!validate(record)) {
    for (const error of validate.errors ?? []) faults.push(`${error.instancePath} ${error.message}`);
  }
  return faults;
}
