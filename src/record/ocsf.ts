import { toMs } from '../event/span.ts';
import { actorMember, brokenMember, targetsMember } from './clarifai.ts';
import { type Fields, messageOf, readFields } from './fields.ts';
import type { LineWriter } from './line-writer.ts';
import { CLASS_MEMBERS } from './ocsf-classes.ts';
import { eventMembers, type OcsfVersion, ocsfEvent } from './ocsf-event.ts';
import { limitTexts } from './ocsf-limits.ts';
import { endpointMember, userMember } from './ocsf-objects.ts';
import { type Count, isObject, type JsonObject, parseJson } from './parse.ts';
import type { RecordContext, RecordFacts, RecordOptions, RecordWriter } from './record.ts';
import { countTime, type RecordTime, recordTime } from './time.ts';

/** `class_uid` of API Activity: the only class in use that demands an actor and a source. */
const API_ACTIVITY = 6003;

const PRODUCT = Buffer.from(',"product":{"name":"Clarifai","vendor_name":"Clarifai"},"log_name":"audit_log"');

/**
 * Profiles whose attributes a record uses. `time_dt` belongs to `datetime`; up to 1.3 `actor` of the identity
 * classes belongs to `host`.
 */
function profilesMember(version: OcsfVersion, classUid: number): string {
  return version === '1.3.0' && classUid !== API_ACTIVITY
    ? ',"profiles":["datetime","host"]'
    : ',"profiles":["datetime"]';
}

function metadataMember(
  out: LineWriter,
  fields: Fields,
  time: RecordTime,
  marks: readonly string[],
  context: RecordContext,
  classUid: number,
  version: OcsfVersion,
): void {
  out.object('metadata');
  out.member('version', version);
  out.bytes(PRODUCT);
  out.json(profilesMember(version, classUid));
  out.member('uid', context.id);
  out.member('event_code', fields.code === undefined ? fields.operationName : String(fields.code));
  out.member('correlation_uid', fields.requestId);
  out.member('original_time', fields.timestamp);
  out.json(`,"logged_time":${time.readMs}`);
  out.member('tenant_uid', context.userId);
  out.texts('labels', marks);
  out.close();
}

const ADDRESS_OBSERVABLE = Buffer.from(',{"name":"src_endpoint.ip","type_id":2,"type":"IP Address","value":');
const USER_OBSERVABLE = Buffer.from(',{"name":"actor.user.name","type_id":4,"type":"User Name","value":');

/** Observables: 2 is an IP address, 4 a user name. */
function observablesMember(out: LineWriter, { sourceIp, sourceIsAddress, actor }: Fields): void {
  out.array('observables');
  if (sourceIp !== undefined && sourceIsAddress) {
    out.bytes(ADDRESS_OBSERVABLE);
    out.text(sourceIp);
    out.json('}');
  }
  if (actor?.id !== undefined) {
    out.bytes(USER_OBSERVABLE);
    out.text(actor.id);
    out.json('}');
  }
  out.close();
}

/** Who did it, and from where. */
function actorMembers(out: LineWriter, fields: Fields, classUid: number): void {
  const needed = classUid === API_ACTIVITY;
  out.object('actor');
  userMember(out, 'user', fields.actor, needed);
  out.close();
  endpointMember(out, fields, needed);
  if (needed) return;
  out.object('http_request');
  out.member('uid', fields.requestId);
  out.close();
}

/** `message`; `status_detail` on failure, when the entry has details. */
function messageMembers(out: LineWriter, fields: Fields): void {
  const message = messageOf(fields);
  out.member('message', message);
  if (fields.details.length > 0 && fields.success === false) out.member('status_detail', message);
}

/** What is Clarifai's own: nothing but what is named here. `broken` is an entry that cannot be read. */
function unmappedMember(out: LineWriter, fields: Fields, source: string, broken: Buffer | undefined): void {
  out.object('unmapped');
  out.object('clarifai');
  out.member('source', source);
  out.member('operation', fields.operationName);
  out.member('description', fields.description);
  out.texts('details', fields.details);
  actorMember(out, fields.actor);
  targetsMember(out, fields.targets);
  if (broken !== undefined) brokenMember(out, broken);
  out.close();
  out.close();
}

/** What is particular to one entry beside what it says. */
interface Particulars {
  /** The entry as it came, for `raw_data`; undefined to leave it out. */
  readonly original: string | undefined;
  /** The entry when it cannot be read. */
  readonly broken: Buffer | undefined;
  /** Marks beside those of its time. */
  readonly marks: readonly string[];
}

/** An entry, already parsed, as one line of OCSF. */
function writeOcsf(
  out: LineWriter,
  entry: JsonObject,
  particulars: Particulars,
  context: RecordContext,
  options: RecordOptions,
  count: Count,
): RecordFacts {
  const version = options.ocsfVersion;
  const fields = readFields(entry, options.pii, count);
  const time = recordTime(fields.timestamp, context.readTime);
  countTime(time, count);
  const event = ocsfEvent(fields, version);
  const marks = [...particulars.marks, ...time.marks];
  out.value();
  eventMembers(out, fields, event);
  out.json(`,"time":${toMs(time.at)}`);
  out.member('time_dt', time.stamp);
  out.json(',"timezone_offset":0');
  messageMembers(out, fields);
  metadataMember(out, fields, time, marks, context, event.classUid, version);
  actorMembers(out, fields, event.classUid);
  CLASS_MEMBERS[event.classUid](out, { fields, context, version });
  observablesMember(out, fields);
  out.member('raw_data', particulars.original);
  unmappedMember(out, fields, context.source, particulars.broken);
  out.close();
  if (version === '1.3.0') limitTexts(out);
  return { date: time.date, minimal: particulars.broken !== undefined };
}

const NO_MARKS: readonly string[] = [];

/** The `ocsf` format. */
export function createOcsfWriter(options: RecordOptions, count: Count): RecordWriter {
  return (out, entry, utf8, context) => {
    // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
    const text = entry.toString(utf8 ? 'utf8' : 'latin1');
    const value = parseJson(text);
    if (utf8 && isObject(value)) {
      const original = options.includeOriginal ? text : undefined;
      const particulars = { original, broken: undefined, marks: NO_MARKS };
      return writeOcsf(out, value, particulars, context, options, count);
    }
    count(utf8 ? 'not_an_object' : 'not_utf8');
    const readable = isObject(value) ? { timestamp: value.timestamp } : {};
    const marks = [utf8 ? 'clarifai-not-an-object' : 'clarifai-not-utf8'];
    const particulars = { original: undefined, broken: entry, marks };
    return writeOcsf(out, readable, particulars, context, options, () => {});
  };
}
