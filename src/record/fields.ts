import { type Operation, operationByCode, operationByName } from '../event/catalogue.ts';
import { isAddress } from './address.ts';
import { type Count, isObject, type JsonObject, readText, readTexts } from './parse.ts';
import { type Person, readPerson } from './person.ts';
import type { PiiMode } from './record.ts';
import { readTargets, type Target } from './target.ts';

/**
 * What a record may show of an entry: the fields of `AuditLogEntry` by allow-list, checked. Empty strings, nulls
 * and values of the wrong type are undefined here. Every text may still hold lone surrogates.
 */
export interface Fields {
  /** `timestamp` as it came. */
  readonly timestamp: string | undefined;
  /** The event type, when the catalogue knows it. */
  readonly operation: Operation | undefined;
  /** Number of the operation; undefined for a name that the catalogue does not know. 0 when the entry has none. */
  readonly code: number | undefined;
  /** Name of the operation: from the catalogue, as it came, or `EVENT_TYPE_<code>`. */
  readonly operationName: string;
  /** `user`: who did it. */
  readonly actor: Person | undefined;
  /** `targets` in their order, those without any id or name left out. */
  readonly targets: readonly Target[];
  /** `description`. */
  readonly description: string | undefined;
  /** `details`, empty ones left out. */
  readonly details: readonly string[];
  /** `success`; undefined when absent. */
  readonly success: boolean | undefined;
  /** `req_id`. */
  readonly requestId: string | undefined;
  /** `source_ip` as it came: not always an address. */
  readonly sourceIp: string | undefined;
  /** Whether `sourceIp` is an address by {@link isAddress}. */
  readonly sourceIsAddress: boolean;
}

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  'timestamp',
  'user',
  'operation',
  'description',
  'targets',
  'details',
  'success',
  'req_id',
  'source_ip',
]);

type OperationFields = Pick<Fields, 'operation' | 'code' | 'operationName'>;

function unnamedOperation(code: number): OperationFields {
  return {
    operation: undefined,
    code,
    operationName: code === 0 ? 'EVENT_TYPE_NOT_SET' : `EVENT_TYPE_${code}`,
  };
}

/** Proto JSON writes an enum as its name or its number; 0 and absent mean "not set". */
function readOperation(value: unknown, count: Count): OperationFields {
  const isCode = Number.isSafeInteger(value);
  const isName = typeof value === 'string' && value !== '';
  if (!isCode && !isName) {
    if (value !== undefined && value !== '') count('wrong_type.operation');
    count('unknown_operation');
    return unnamedOperation(0);
  }
  const operation = isCode ? operationByCode(value as number) : operationByName(value as string);
  if (operation !== undefined) return { operation, code: operation.code, operationName: operation.name };
  count('unknown_operation');
  if (isCode) return unnamedOperation(value as number);
  if (value === 'EVENT_TYPE_NOT_SET') return unnamedOperation(0);
  return { operation: undefined, code: undefined, operationName: value as string };
}

/** Reads what a record may show of an entry. Never throws. */
export function readFields(entry: JsonObject, pii: PiiMode, count: Count): Fields {
  for (const key in entry) if (!KNOWN_FIELDS.has(key)) count('unknown_field');
  const { operation, code, operationName } = readOperation(entry.operation, count);
  const success = entry.success;
  if (success !== undefined && typeof success !== 'boolean') count('wrong_type.success');
  const user = entry.user;
  const sourceIp = readText(entry.source_ip, 'source_ip', count);
  const sourceIsAddress = sourceIp !== undefined && isAddress(sourceIp);
  if (sourceIp !== undefined && !sourceIsAddress) count('odd_address');
  if (user !== undefined && !isObject(user)) count('wrong_type.user');
  return {
    timestamp: readText(entry.timestamp, 'timestamp', count),
    operation,
    code,
    operationName,
    actor: isObject(user) ? readPerson(user, pii, count) : undefined,
    targets: readTargets(entry.targets, pii, count),
    description: readText(entry.description, 'description', count),
    details: readTexts(entry.details, 'details', count),
    success: typeof success === 'boolean' ? success : undefined,
    requestId: readText(entry.req_id, 'req_id', count),
    sourceIp,
    sourceIsAddress,
  };
}

/**
 * The target that an operation is about. Outside the catalogue: the last that is not just the app around it.
 * Undefined when the entry has none, or the operation is about something that is no target (an invitation).
 */
export function primaryTarget({ operation, targets }: Fields): Target | undefined {
  if (operation === undefined) return targets.findLast((each) => each.kind !== 'app') ?? targets.at(-1);
  return targets.find((each) => each.kind === operation.primaryTarget && each.kind !== undefined);
}

/** What was changed, or where the entry has no details, what was done; undefined when it says neither. */
export function messageOf({ details, description }: Fields): string | undefined {
  if (details.length === 0) return description;
  return details.length === 1 ? details[0] : details.join('; ');
}
