import { createHash } from 'node:crypto';
import { OPERATION_CODES } from '../../src/event/catalogue.ts';

/** A number with the text it had. */
class SourceNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Fields = Readonly<Record<string, unknown>>;
type Reviver = (key: string, value: unknown, context: { source: string }) => unknown;

const revive: Reviver = (_key, value, context) =>
  typeof value === 'number' ? new SourceNumber(context.source) : value;

function isObject(value: unknown): value is Fields {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SourceNumber)
  );
}

function compact(value: unknown): string {
  if (value instanceof SourceNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(compact).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}:${compact(each)}`)
    .join(',')}}`;
}

function get(value: Fields, key: string): unknown {
  return Object.hasOwn(value, key) ? (value[key] ?? undefined) : undefined;
}

function text(value: unknown): string {
  return value === undefined ? '""' : typeof value === 'string' ? compact(value) : `!${compact(value)}`;
}

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i;

/** Seconds and nanoseconds by way of Date. */
export function referenceTime(
  timestamp: string,
): readonly [seconds: number, nanoseconds: number] | undefined {
  const match = TIMESTAMP.exec(timestamp);
  if (match === null) return undefined;
  const leap = match[6] === '60';
  const local = `${timestamp.slice(0, 17).toUpperCase()}${leap ? '59' : match[6]}.000Z`;
  const date = new Date(local);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== local) return undefined;
  const offset = (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)) * (match[8] === '-' ? -1 : 1);
  const seconds = date.getTime() / 1000 - offset * 60;
  if (!leap) return [seconds, Number((match[7] ?? '.0').slice(1).padEnd(9, '0'))];
  return (((seconds + 1) % 86_400) + 86_400) % 86_400 === 0 ? [seconds, 999_999_999] : undefined;
}

function time(value: unknown): string {
  if (value === undefined) return 'null';
  const parsed = typeof value === 'string' ? referenceTime(value) : undefined;
  return parsed === undefined ? `!${compact(value)}` : `@${parsed[0]}.${String(parsed[1]).padStart(9, '0')}`;
}

function operation(value: unknown): string {
  if (value === undefined) return '0';
  if (typeof value === 'string') return String(OPERATION_CODES.get(value) ?? compact(value));
  if (!(value instanceof SourceNumber)) return `!${compact(value)}`;
  const number = Number(value.source);
  return Number.isSafeInteger(number) ? String(number) : `!${value.source}`;
}

function named(label: string, value: unknown): string[] {
  return value === undefined || value === '' ? [] : [`"${label}":${text(value)}`];
}

function identity(value: unknown): string {
  if (value === null) return '{}';
  if (!isObject(value)) return `!${compact(value)}`;
  const keys = 'id app_id user_id module_id workflow_id model_id team_id organization_id'.split(' ');
  const parts = keys.flatMap((key) => named(key, get(value, key)));
  const cluster = get(value, 'compute_cluster');
  if (isObject(cluster)) {
    for (const key of ['id', 'user_id']) parts.push(...named(`compute_cluster.${key}`, get(cluster, key)));
  } else parts.push(...named('compute_cluster', cluster));
  return `{${parts.join(',')}}`;
}

function byBytes(texts: readonly string[]): string {
  return texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(',');
}

function targets(value: unknown): string {
  if (value === undefined) return '[]';
  if (!Array.isArray(value)) return `!${compact(value)}`;
  const forms = value.map((target: unknown) => {
    if (!isObject(target)) return `!${compact(target)}`;
    return `{${byBytes(Object.entries(target).map(([kind, each]) => `${JSON.stringify(kind)}:${identity(each)}`))}}`;
  });
  return `[${byBytes(forms)}]`;
}

/** The preimage of event id version 1, straight from `JSON.parse`: slow, plain, and written apart from the other. */
export function referencePreimage(entry: string): string {
  const tag = 'clarifai-audit-event/1\n';
  const value: unknown = JSON.parse(entry, revive as Parameters<typeof JSON.parse>[1]);
  if (!isObject(value)) return `${tag}!${compact(value)}\n`;
  const user = get(value, 'user');
  const success = get(value, 'success');
  const details = get(value, 'details');
  const lines = [
    text(get(value, 'req_id')),
    time(get(value, 'timestamp')),
    operation(get(value, 'operation')),
    isObject(user) ? text(get(user, 'id')) : user === undefined ? '""' : `!${compact(user)}`,
    text(get(value, 'source_ip')),
    success === undefined ? 'false' : typeof success === 'boolean' ? String(success) : `!${compact(success)}`,
    text(get(value, 'description')),
    details === undefined ? '[]' : Array.isArray(details) ? compact(details) : `!${compact(details)}`,
    targets(get(value, 'targets')),
  ];
  return tag + lines.map((line) => `${line}\n`).join('');
}

/** SHA-256 of {@link referencePreimage}. */
export function referenceId(entry: string): string {
  return createHash('sha256').update(referencePreimage(entry), 'utf8').digest('hex');
}
