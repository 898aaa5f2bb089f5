import { toMs } from '../event/span.ts';
import { brokenMember, profileMembers, targetsMember } from './clarifai.ts';
import { type Fields, readFields } from './fields.ts';
import { array, arrayMember, joinTexts, member, quote, section } from './json.ts';
import { CLASS_MEMBERS } from './ocsf-classes.ts';
import { eventMembers, type OcsfVersion, ocsfEvent } from './ocsf-event.ts';
import { limitTexts } from './ocsf-limits.ts';
import { endpointObject, UNKNOWN_USER, userObject } from './ocsf-objects.ts';
import { type Count, isObject, type JsonObject, parseJson } from './parse.ts';
import type { MappedRecord, RecordContext, RecordMapper, RecordOptions } from './record.ts';
import { countTime, type RecordTime, recordTime } from './time.ts';

/** `class_uid` of API Activity: the only class in use that demands an actor and a source. */
const API_ACTIVITY = 6003;

const FIXED_METADATA = '"product":{"name":"Clarifai","vendor_name":"Clarifai"},"log_name":"audit_log"';

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
  fields: Fields,
  time: RecordTime,
  marks: readonly string[],
  context: RecordContext,
  profiles: string,
  version: OcsfVersion,
): string {
  const code = fields.code === undefined ? fields.operationName : String(fields.code);
  return (
    `,"metadata":{"version":"${version}",${FIXED_METADATA}${profiles}` +
    `,"uid":${quote(context.id)},"event_code":${quote(code)}` +
    member('correlation_uid', fields.requestId) +
    member('original_time', fields.timestamp) +
    `,"logged_time":${time.readMs},"tenant_uid":${quote(context.userId)}` +
    `${arrayMember('labels', marks)}}`
  );
}

/** Observables: 2 is an IP address, 4 a user name. */
function observablesMember(fields: Fields): string {
  const { sourceIp, sourceIsAddress, actor } = fields;
  const observables: string[] = [];
  if (sourceIp !== undefined && sourceIsAddress) {
    observables.push(`{"name":"src_endpoint.ip","type_id":2,"type":"IP Address","value":${quote(sourceIp)}}`);
  }
  if (actor?.id !== undefined) {
    observables.push(`{"name":"actor.user.name","type_id":4,"type":"User Name","value":${quote(actor.id)}}`);
  }
  return observables.length === 0 ? '' : `,"observables":${array(observables)}`;
}

/** Who did it, and from where. */
function actorMembers(fields: Fields, classUid: number): string {
  const needed = classUid === API_ACTIVITY;
  const user = userObject(fields.actor) ?? (needed ? UNKNOWN_USER : undefined);
  const endpoint = endpointObject(fields) ?? (needed ? '{"name":"unknown"}' : undefined);
  return (
    (user === undefined ? '' : `,"actor":{"user":${user}}`) +
    (endpoint === undefined ? '' : `,"src_endpoint":${endpoint}`) +
    (needed || fields.requestId === undefined ? '' : `,"http_request":{"uid":${quote(fields.requestId)}}`)
  );
}

/** `message`: what was changed, or what was done; `status_detail` on failure. */
function messageMembers({ description, success }: Fields, details: readonly string[]): string {
  if (details.length === 0) return member('message', description);
  const text = joinTexts(details);
  return `,"message":${text}${success === false ? `,"status_detail":${text}` : ''}`;
}

/** What is Clarifai's own: nothing but what is named here. `broken` is an entry that cannot be read. */
function unmappedMember(
  fields: Fields,
  details: readonly string[],
  source: string,
  broken: Buffer | undefined,
): string {
  const { actor } = fields;
  return (
    `,"unmapped":{"clarifai":{"source":${quote(source)}` +
    member('operation', fields.operationName) +
    member('description', fields.description) +
    (details.length === 0 ? '' : `,"details":${array(details)}`) +
    (actor === undefined ? '' : section('actor', profileMembers(actor))) +
    targetsMember(fields.targets) +
    `${broken === undefined ? '' : brokenMember(broken)}}}`
  );
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
function ocsfRecord(
  entry: JsonObject,
  particulars: Particulars,
  context: RecordContext,
  options: RecordOptions,
  count: Count,
): MappedRecord {
  const version = options.ocsfVersion;
  const fields = readFields(entry, options.pii, count);
  const time = recordTime(fields.timestamp, context.readTime);
  countTime(time, count);
  const event = ocsfEvent(fields, version);
  const profiles = profilesMember(version, event.classUid);
  const marks = [...particulars.marks, ...time.marks];
  const details = fields.details.map(quote);
  const line =
    `{${eventMembers(fields, event)}` +
    `,"time":${toMs(time.at)},"time_dt":"${time.stamp}","timezone_offset":0` +
    messageMembers(fields, details) +
    metadataMember(fields, time, marks, context, profiles, version) +
    actorMembers(fields, event.classUid) +
    CLASS_MEMBERS[event.classUid]({ fields, context, version }) +
    observablesMember(fields) +
    member('raw_data', particulars.original) +
    `${unmappedMember(fields, details, context.source, particulars.broken)}}`;
  return {
    line: version === '1.3.0' ? limitTexts(line) : line,
    date: time.date,
    minimal: particulars.broken !== undefined,
  };
}

const NO_MARKS: readonly string[] = [];

/** The `ocsf` format. */
export function createOcsfMapper(options: RecordOptions, count: Count): RecordMapper {
  return (entry, utf8, context) => {
    // Every byte is a character in Latin-1, so a timestamp is found even where other bytes are broken.
    const text = entry.toString(utf8 ? 'utf8' : 'latin1');
    const value = parseJson(text);
    if (utf8 && isObject(value)) {
      const original = options.includeOriginal ? text : undefined;
      return ocsfRecord(value, { original, broken: undefined, marks: NO_MARKS }, context, options, count);
    }
    count(utf8 ? 'not_an_object' : 'not_utf8');
    const readable = isObject(value) ? { timestamp: value.timestamp } : {};
    const marks = [utf8 ? 'clarifai-not-an-object' : 'clarifai-not-utf8'];
    return ocsfRecord(readable, { original: undefined, broken: entry, marks }, context, options, () => {});
  };
}
