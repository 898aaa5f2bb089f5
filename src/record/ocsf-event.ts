import type { OcsfClass, OcsfEvent } from '../event/catalogue.ts';
import type { Fields } from './fields.ts';
import { quote } from './json.ts';
import type { LineWriter } from './line-writer.ts';
import type { RecordOptions } from './record.ts';

/** A supported version of the OCSF schema. */
export type OcsfVersion = RecordOptions['ocsfVersion'];

const CLASS_NAMES: Readonly<Record<OcsfClass, string>> = {
  3004: 'Entity Management',
  3005: 'User Access Management',
  3006: 'Group Management',
  6003: 'API Activity',
};

const CATEGORIES: Readonly<Record<OcsfClass, { readonly uid: number; readonly name: string }>> = {
  3004: { uid: 3, name: 'Identity & Access Management' },
  3005: { uid: 3, name: 'Identity & Access Management' },
  3006: { uid: 3, name: 'Identity & Access Management' },
  6003: { uid: 6, name: 'Application Activity' },
};

const SEVERITIES: Readonly<Record<number, string>> = { 1: 'Informational', 2: 'Low' };

/** `activity_id` for what a class has no activity for: the vendor's word stands in `activity_name`. */
const OTHER = 99;

/** The event of an operation that the catalogue does not know: API Activity, under the operation's own name. */
function unknownEvent(operationName: string): OcsfEvent {
  return {
    classUid: 6003,
    activityId: OTHER,
    activityName: operationName,
    severityId: 1,
    severityIdOnFailure: 2,
  };
}

/** What the operation of an entry is in a version of OCSF. */
export function ocsfEvent(fields: Fields, version: OcsfVersion): OcsfEvent {
  const { operation } = fields;
  if (operation === undefined) return unknownEvent(fields.operationName);
  return version === '1.3.0' ? operation.ocsf13 : operation.ocsf;
}

function statusMembers(success: boolean | undefined): string {
  if (success === undefined) return ',"status_id":0,"status":"Unknown"';
  return success ? ',"status_id":1,"status":"Success"' : ',"status_id":2,"status":"Failure"';
}

function build(event: OcsfEvent, success: boolean | undefined): Buffer {
  const { classUid, activityId, activityName } = event;
  const category = CATEGORIES[classUid];
  const severityId = success === false ? event.severityIdOnFailure : event.severityId;
  const typeName = `${CLASS_NAMES[classUid]}: ${activityId === OTHER ? 'Other' : activityName}`;
  return Buffer.from(
    `,"class_uid":${classUid},"class_name":"${CLASS_NAMES[classUid]}"` +
      `,"category_uid":${category.uid},"category_name":"${category.name}"` +
      `,"activity_id":${activityId},"activity_name":${quote(activityName)}` +
      `,"type_uid":${classUid * 100 + activityId},"type_name":${quote(typeName)}` +
      `,"severity_id":${severityId},"severity":"${SEVERITIES[severityId]}"${statusMembers(success)}`,
  );
}

/** By event and outcome. Events come from the catalogue, so it is bounded. */
const built = new Map<OcsfEvent, Map<boolean | undefined, Buffer>>();

/** Writes the members that follow from operation and outcome alone: class, category, activity, type, severity, status. */
export function eventMembers(out: LineWriter, fields: Fields, event: OcsfEvent): void {
  const { operation, success } = fields;
  out.bytes(operation === undefined ? build(event, success) : builtOnce(event, success));
}

function builtOnce(event: OcsfEvent, success: boolean | undefined): Buffer {
  let texts = built.get(event);
  if (texts === undefined) {
    texts = new Map();
    built.set(event, texts);
  }
  let text = texts.get(success);
  if (text === undefined) {
    text = build(event, success);
    texts.set(success, text);
  }
  return text;
}
