import { brokenMember, profileMembers, targetsMember } from './clarifai.ts';
import { ecsEvent } from './ecs-event.ts';
import { idMembers, relatedUsers, userMembers } from './ecs-targets.ts';
import { type Fields, readFields } from './fields.ts';
import { array, arrayMember, joinTexts, member, quote, section } from './json.ts';
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

/** The members `source` and `related`. */
function sourceMembers(fields: Fields): string {
  const users = arrayMember('user', relatedUsers(fields));
  if (fields.sourceIp === undefined) return section('related', users);
  const text = quote(fields.sourceIp);
  if (!fields.sourceIsAddress) return `,"source":{"address":${text}}${section('related', users)}`;
  return `,"source":{"ip":${text},"address":${text}},"related":{"ip":[${text}]${users}}`;
}

/** `message`: what was changed, or what was done. */
function messageMember({ description }: Fields, details: readonly string[]): string {
  if (details.length === 0) return member('message', description);
  return `,"message":${joinTexts(details)}`;
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
    `${idMembers(fields.targets)}${targetsMember(fields.targets)}}}`
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
  const details = fields.details.map(quote);
  const line =
    `{"@timestamp":"${time.stamp}"` +
    `,"event":{${ecsEvent(fields)},"id":${quote(context.id)},"created":"${context.readTime}"` +
    `${member('original', original)}}` +
    messageMember(fields, details) +
    userMembers(fields) +
    sourceMembers(fields) +
    (fields.requestId === undefined ? '' : `,"http":{"request":{"id":${quote(fields.requestId)}}}`) +
    `,"organization":{"id":${quote(context.userId)}}` +
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
    `${brokenMember(entry)}}}` +
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
