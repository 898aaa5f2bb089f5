import { actorMember, brokenMember, targetsMember } from './clarifai.ts';
import { ecsEvent } from './ecs-event.ts';
import { idMembers, relatedUsers, userMembers } from './ecs-targets.ts';
import { type Fields, messageOf, readFields } from './fields.ts';
import type { LineWriter } from './line-writer.ts';
import { type Count, isObject, type JsonObject, parseJson } from './parse.ts';
import type { RecordContext, RecordFacts, RecordOptions, RecordWriter } from './record.ts';
import { countTime, type RecordTime, recordTime } from './time.ts';

/** Members that are the same in every record. */
const FIXED = Buffer.from(
  ',"observer":{"vendor":"Clarifai"},"ecs":{"version":"9.4.0"}' +
    ',"data_stream":{"type":"logs","dataset":"clarifai.audit"}',
);

/** Tags of every record; those of odd records follow. */
const TAGS = Buffer.from(',"tags":["forwarded","clarifai-audit"');

function tagsMember(out: LineWriter, marks: readonly string[]): void {
  out.bytes(TAGS);
  for (const mark of marks) {
    out.comma();
    out.text(mark);
  }
  out.json(']');
}

/** The members `source` and `related`. */
function sourceMembers(out: LineWriter, fields: Fields): void {
  const { sourceIp, sourceIsAddress } = fields;
  if (sourceIp !== undefined) {
    out.object('source');
    if (sourceIsAddress) out.member('ip', sourceIp);
    out.member('address', sourceIp);
    out.close();
  }
  out.object('related');
  if (sourceIp !== undefined && sourceIsAddress) out.texts('ip', [sourceIp]);
  out.texts('user', relatedUsers(fields));
  out.close();
}

/** What is Clarifai's own, under `clarifai.audit`: nothing but what is named here. */
function auditMember(out: LineWriter, fields: Fields, time: RecordTime, context: RecordContext): void {
  const { timestamp } = fields;
  out.object('clarifai');
  out.object('audit');
  out.member('source', context.source);
  out.member('operation', fields.operationName);
  if (time.own) out.member('timestamp', time.stamp);
  if (timestamp !== time.stamp) out.member('timestamp_original', timestamp);
  out.member('req_id', fields.requestId);
  out.member('description', fields.description);
  out.texts('details', fields.details);
  actorMember(out, fields.actor);
  idMembers(out, fields.targets);
  targetsMember(out, fields.targets);
  out.close();
  out.close();
}

function organizationMember(out: LineWriter, { userId }: RecordContext): void {
  out.object('organization');
  out.member('id', userId);
  out.close();
}

/**
 * An entry, already parsed, as one line of ECS 9.4.0.
 *
 * @param original the entry as it came, for `event.original`; undefined to leave it out
 */
function writeEcs(
  out: LineWriter,
  entry: JsonObject,
  original: string | undefined,
  context: RecordContext,
  options: RecordOptions,
  count: Count,
): RecordFacts {
  const fields = readFields(entry, options.pii, count);
  const time = recordTime(fields.timestamp, context.readTime);
  countTime(time, count);
  out.value();
  out.member('@timestamp', time.stamp);
  out.object('event');
  ecsEvent(out, fields);
  out.member('id', context.id);
  out.member('created', context.readTime);
  out.member('original', original);
  out.close();
  out.member('message', messageOf(fields));
  userMembers(out, fields);
  sourceMembers(out, fields);
  if (fields.requestId !== undefined) {
    out.json(',"http":{"request":{"id":');
    out.text(fields.requestId);
    out.json('}}');
  }
  organizationMember(out, context);
  auditMember(out, fields, time, context);
  out.bytes(FIXED);
  tagsMember(out, time.marks);
  out.close();
  return { date: time.date, minimal: false };
}

/**
 * The record of an entry that cannot be read: it has its id, its time where that can be found, and the whole
 * entry, whatever the privacy mode says, because nothing in it can be told apart.
 */
function writeMinimal(
  out: LineWriter,
  entry: Buffer,
  utf8: boolean,
  timestamp: unknown,
  context: RecordContext,
): RecordFacts {
  const time = recordTime(typeof timestamp === 'string' ? timestamp : undefined, context.readTime);
  const reason = utf8 ? 'The entry is not a JSON object.' : 'The entry is not valid UTF-8.';
  out.value();
  out.member('@timestamp', time.stamp);
  out.json(',"event":{"kind":"pipeline_error","module":"clarifai","dataset":"clarifai.audit"');
  out.member('id', context.id);
  out.member('created', context.readTime);
  out.json(`},"message":"${reason}","error":{"message":"${reason}"}`);
  organizationMember(out, context);
  out.object('clarifai');
  out.object('audit');
  out.member('source', context.source);
  if (time.own) out.member('timestamp', time.stamp);
  brokenMember(out, entry);
  out.close();
  out.close();
  out.bytes(FIXED);
  tagsMember(out, [utf8 ? 'clarifai-not-an-object' : 'clarifai-not-utf8', ...time.marks]);
  out.close();
  return { date: time.date, minimal: true };
}

/** The `ecs` format. */
export function createEcsWriter(options: RecordOptions, count: Count): RecordWriter {
  return (out, entry, utf8, context) => {
    // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
    const text = entry.toString(utf8 ? 'utf8' : 'latin1');
    const value = parseJson(text);
    if (utf8 && isObject(value)) {
      return writeEcs(out, value, options.includeOriginal ? text : undefined, context, options, count);
    }
    count(utf8 ? 'not_an_object' : 'not_utf8');
    return writeMinimal(out, entry, utf8, isObject(value) ? value.timestamp : undefined, context);
  };
}
