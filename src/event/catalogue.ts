import { CATALOGUE_ROWS, type CatalogueRow, OCSF_1_3_ROWS } from './catalogue-table.ts';

/** The kinds of target that `AuditLogTarget` of `resources.proto` has (clarifai-nodejs-grpc 11.11.0). */
export const TARGET_KINDS = [
  'user',
  'role',
  'team',
  'app',
  'module',
  'module_version',
  'workflow',
  'workflow_version',
  'model',
  'model_version',
  'compute_cluster',
  'nodepool',
  'deployment',
] as const;

/** A known kind of target. */
export type TargetKind = (typeof TARGET_KINDS)[number];

/** OCSF classes in use, by `class_uid`. */
export type OcsfClass = 3004 | 3005 | 3006 | 6003;

/** What an event type is in OCSF. */
export interface OcsfEvent {
  /** `class_uid`. */
  readonly classUid: OcsfClass;
  /** `activity_id`; 99 is "other", with the vendor's word in `activityName`. */
  readonly activityId: number;
  /** `activity_name`. */
  readonly activityName: string;
  /** `severity_id` when the operation succeeded or did not say: 1 informational, 2 low. */
  readonly severityId: number;
  /** `severity_id` when it failed. */
  readonly severityIdOnFailure: number;
}

/** What an event type is in the Change data model of the Splunk Common Information Model. */
export interface CimEvent {
  /** Tags that an event type of the add-on sets: `change`, and `account` when an account is what changed. */
  readonly tags: readonly string[];
  /** `action`: created, deleted, modified or acl_modified. */
  readonly action: string;
  /** `change_type`: AAA or api. */
  readonly changeType: string;
  /** `object_category`. */
  readonly objectCategory: string;
  /** `object_attrs`; undefined when the object as a whole changed. */
  readonly objectAttribute: string | undefined;
}

/** A target that an event type lets expect. */
export interface ExpectedTarget {
  readonly kind: TargetKind;
  /** True when entries of this type may come without it. */
  readonly optional: boolean;
}

/** An event type of Clarifai's audit log. */
export interface Operation {
  /** Number in `EventType`. */
  readonly code: number;
  /** Name in `EventType`. */
  readonly name: string;
  /** ECS: `event.action`, `event.category`, `event.type`. */
  readonly ecs: {
    readonly action: string;
    readonly category: readonly string[];
    readonly type: readonly string[];
  };
  /** OCSF 1.4 and later. */
  readonly ocsf: OcsfEvent;
  /** OCSF 1.3 and earlier; mostly the same object as `ocsf`. */
  readonly ocsf13: OcsfEvent;
  /** Splunk CIM. */
  readonly cim: CimEvent;
  /** Targets to expect, in no order. */
  readonly targets: readonly ExpectedTarget[];
  /** Kind of the target that the operation is about; undefined when it is not a target (an invitation). */
  readonly primaryTarget: TargetKind | undefined;
}

/** CIM of an operation that the catalogue does not know; its object's category is the kind of its target. */
export const UNKNOWN_CIM: CimEvent = {
  tags: ['change'],
  action: 'modified',
  changeType: 'api',
  objectCategory: 'unknown',
  objectAttribute: undefined,
};

/** A failed operation is at least low: someone tried. */
const SEVERITY_ID_ON_FAILURE = 2;

function words(text: string): readonly string[] {
  return Object.freeze(text.split(' '));
}

/** ECS actions are lower-case and hyphenated by convention: `MODEL_CREATE` is `model-create`. */
export function actionOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

function readTargets(text: string): readonly ExpectedTarget[] {
  return words(text).map((word) => ({
    kind: word.replace(/[?*]+$/, '') as TargetKind,
    optional: word.includes('?'),
  }));
}

function readRow(row: CatalogueRow): Operation {
  const [code, name, ecsCategory, ecsTypes, classUid, activityId, activityName, severityId] = row;
  const [tags, action, changeType, objectCategory, objectAttribute, targets] = row.slice(8) as string[];
  const ocsf: OcsfEvent = {
    classUid: classUid as OcsfClass,
    activityId,
    activityName,
    severityId,
    severityIdOnFailure: SEVERITY_ID_ON_FAILURE,
  };
  const before14 = OCSF_1_3_ROWS.find((each) => each[0] === code);
  const primary = targets!.split(' ').find((word) => word.endsWith('*'));
  return {
    code,
    name,
    ecs: { action: actionOf(name), category: words(ecsCategory), type: words(ecsTypes) },
    ocsf,
    ocsf13:
      before14 === undefined
        ? ocsf
        : {
            ...ocsf,
            classUid: before14[1] as OcsfClass,
            activityId: before14[2],
            activityName: before14[3],
          },
    cim: {
      tags: words(tags!),
      action: action!,
      changeType: changeType!,
      objectCategory: objectCategory!,
      objectAttribute: objectAttribute === '' ? undefined : objectAttribute,
    },
    targets: readTargets(targets!),
    primaryTarget: primary?.replace(/[?*]+$/, '') as TargetKind | undefined,
  };
}

/** All known event types, by ascending code. */
export const OPERATIONS: readonly Operation[] = CATALOGUE_ROWS.map(readRow);

const byCode = new Map(OPERATIONS.map((each) => [each.code, each]));
const byName = new Map(OPERATIONS.map((each) => [each.name, each]));

/** The event type with this number; undefined when it is not in the catalogue. */
export function operationByCode(code: number): Operation | undefined {
  return byCode.get(code);
}

/** The event type with this exact name; undefined when it is not in the catalogue. */
export function operationByName(name: string): Operation | undefined {
  return byName.get(name);
}

/**
 * Codes by name as the event id of version 1 uses them: the 47 names, and `EVENT_TYPE_NOT_SET` for the proto
 * default. Frozen with that version: a row that joins the catalogue later stays out of this table until the
 * version of the event id changes, else the ids of stored entries would change.
 */
export const OPERATION_CODES: ReadonlyMap<string, number> = new Map([
  ['EVENT_TYPE_NOT_SET', 0],
  ...OPERATIONS.map((each): [string, number] => [each.name, each.code]),
]);
