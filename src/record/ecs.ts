import { isAddress } from './address.ts';
import { ecsEvent } from './ecs-event.ts';
import { profileMembers, relatedUsers, targetMembers, userMembers } from './ecs-targets.ts';
import { type Fields, readFields } from './fields.ts';
import { array, arrayMember, member, quote, section } from './json.ts';
import { type Count, isObject, type JsonObject, parseJson } from './parse.ts';
import type { MappedRecord, RecordContext, RecordMapper, RecordOptions } from './record.ts';
import { countTime, type RecordTime, recordTime } from './time.ts';

/** Members that are the same in every record. */
const FIXED =
  ',"observer":{"vendor":"Clarifai"},"ecs":{"version":"9.4.0"}' +
  ',"data_stream":{"type":"logs","dataset":"clarifai.audit"}';

/** Tags of every record; those of odd records follow. */
const TAGS = '"forwarded","clarifai-audit"';

function tagsMember(marks: readonly string[]): string {
  return `,"tags":[${TAGS}${marks.map((mark) => `,"${mark}"`).join('')}]`;
}

function sourceMember(address: string | undefined, valid: boolean): string {
  if (address === undefined) return '';
  const text = quote(address);
  return valid ? `,"source":{"ip":${text},"address":${text}}` : `,"source":{"address":${text}}`;
}

function relatedMember(fields: Fields, ip: string | undefined): string {
  const ips = ip === undefined ? '' : `,"ip":[${quote(ip)}]`;
  return section('related', ips + arrayMember('user', relatedUsers(fields)));
}

/** `message`: what was changed, or what was done. */
function messageMember({ description }: Fields, details: readonly string[]): string {
  if (details.length === 0) return member('message', description);
  return `,"message":"${details.map((each) => each.slice(1, -1)).join('; ')}"`;
}

/** What is Clarifai's own, under `clarifai.audit`: nothing but what is named here. `details` are JSON texts. */
function auditMember(
  fields: Fields,
  details: readonly string[],
  time: RecordTime,
  context: RecordContext,
): string {
  const { actor, timestamp } = fields;
  return (
    `,"clarifai":{"audit":{"source":${quote(context.source)}` +
    member('operation', fields.operationName) +
    (time.own ? `,"timestamp":"${time.stamp}"` : '') +
    (timestamp === time.stamp ? '' : member('timestamp_original', timestamp)) +
    member('req_id', fields.requestId) +
    member('description', fields.description) +
    (details.length === 0 ? '' : `,"details":${array(details)}`) +
    (actor === undefined ? '' : section('actor', profileMembers(actor))) +
    `${targetMembers(fields.targets)}}}`
  );
}

/**
 * An entry, already parsed, as one line of ECS 9.4.0.
 *
 * @param original the entry as it came, for `event.original`; undefined to leave it out
 */
export function ecsRecord(
  entry: JsonObject,
  original: string | undefined,
  context: RecordContext,
  options: RecordOptions,
  count: Count,
): MappedRecord {
  const fields = readFields(entry, options.pii, count);
  const time = recordTime(fields.timestamp, context.readTime);
  countTime(time, count);
  const address = fields.sourceIp;
  const valid = address !== undefined && isAddress(address);
  if (address !== undefined && !valid) count('odd_address');
  const details = fields.details.map(quote);
  const line =
    `{"@timestamp":"${time.stamp}"` +
    `,"event":{${ecsEvent(fields)},"id":${quote(context.id)},"created":"${context.readTime}"` +
    `${member('original', original)}}` +
    messageMember(fields, details) +
    userMembers(fields) +
    sourceMember(address, valid) +
    (fields.requestId === undefined ? '' : `,"http":{"request":{"id":${quote(fields.requestId)}}}`) +
    `,"organization":{"id":${quote(context.userId)}}` +
    relatedMember(fields, valid ? address : undefined) +
    auditMember(fields, details, time, context) +
    FIXED +
    `${tagsMember(time.marks)}}`;
  return { line, date: time.date, minimal: false };
}

/**
 * The record of an entry that cannot be read: it has its id, its time where that can be found, and the whole
 * entry, whatever the privacy mode says, because nothing in it can be told apart.
 */
function minimalRecord(
  entry: Buffer,
  utf8: boolean,
  timestamp: unknown,
  context: RecordContext,
): MappedRecord {
  const time = recordTime(typeof timestamp === 'string' ? timestamp : undefined, context.readTime);
  const reason = utf8 ? 'The entry is not a JSON object.' : 'The entry is not valid UTF-8.';
  const line =
    `{"@timestamp":"${time.stamp}"` +
    ',"event":{"kind":"pipeline_error","module":"clarifai","dataset":"clarifai.audit"' +
    `,"id":${quote(context.id)},"created":"${context.readTime}"}` +
    `,"message":"${reason}","error":{"message":"${reason}"}` +
    `,"organization":{"id":${quote(context.userId)}}` +
    `,"clarifai":{"audit":{"source":${quote(context.source)}` +
    (time.own ? `,"timestamp":"${time.stamp}"` : '') +
    `,"original_base64":"${entry.toString('base64')}"}}` +
    FIXED +
    `${tagsMember([utf8 ? 'clarifai-not-an-object' : 'clarifai-not-utf8', ...time.marks])}}`;
  return { line, date: time.date, minimal: true };
}

/** The `ecs` format. */
export function createEcsMapper(options: RecordOptions, count: Count): RecordMapper {
  return (entry, utf8, context) => {
    // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
    const text = entry.toString(utf8 ? 'utf8' : 'latin1');
    const value = parseJson(text);
    if (utf8 && isObject(value)) {
      return ecsRecord(value, options.includeOriginal ? text : undefined, context, options, count);
    }
    count(utf8 ? 'not_an_object' : 'not_utf8');
    return minimalRecord(entry, utf8, isObject(value) ? value.timestamp : undefined, context);
  };
}
