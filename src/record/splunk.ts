import { type CimEvent, type TargetKind, UNKNOWN_CIM } from '../event/catalogue.ts';
import { type Fields, primaryTarget, readFields } from './fields.ts';
import { isObject } from './parse.ts';
import type { RecordContext } from './record.ts';
import type { Target } from './target.ts';

/**
 * Fields of the Splunk Common Information Model (data model Change) for one entry, and `event_id` for
 * deduplication at search time. They go into `fields` of the HEC envelope, beside an event in any format.
 */
export type SplunkFields = Readonly<Record<string, string>>;

/** Which kind of target is the object, where CIM's category is not the kind itself. */
const OBJECT_KINDS: Readonly<Record<string, TargetKind>> = { group: 'team', invitation: 'user' };

/** The target that changed. */
function objectOf(fields: Fields, cim: CimEvent): Target | undefined {
  const { operation, targets } = fields;
  if (operation === undefined) return primaryTarget(fields);
  const kind = OBJECT_KINDS[cim.objectCategory] ?? cim.objectCategory;
  return targets.find((each) => each.kind === kind);
}

function statusOf(success: boolean | undefined): string | undefined {
  if (success === undefined) return undefined;
  return success ? 'success' : 'failure';
}

/**
 * CIM names two people: where an account changed, `user` is the account and `src_user` who changed it; elsewhere
 * `user` is who did it. An accepted invitation without a user target is about who accepted.
 */
function peopleOf(fields: Fields, cim: CimEvent): { user: string | undefined; src_user: string | undefined } {
  const actor = fields.actor?.id;
  if (!cim.tags.includes('account')) return { user: actor, src_user: undefined };
  const changed = fields.targets.find((each) => each.kind === 'user')?.id;
  const joined = fields.operation?.name === 'ORGANIZATION_MEMBER_INVITATION_ACCEPT' ? actor : undefined;
  return { user: changed ?? joined, src_user: actor };
}

/**
 * The fields of an entry. HEC cannot set tags: an add-on makes its event types from `cim_tags` (`change`, or
 * `change,account` where an account changed).
 *
 * @param entry the parsed entry; anything but an object gives `event_id` alone
 */
export function splunkFields(entry: unknown, context: Pick<RecordContext, 'id' | 'userId'>): SplunkFields {
  if (!isObject(entry)) return { event_id: context.id };
  const fields = readFields(entry, 'minimal', () => {});
  const cim = fields.operation?.cim ?? UNKNOWN_CIM;
  const object = objectOf(fields, cim);
  const { user, src_user } = peopleOf(fields, cim);
  const address = fields.sourceIp;
  const all: Readonly<Record<string, string | undefined>> = {
    event_id: context.id,
    vendor_product: 'Clarifai Audit Log',
    vendor_account: context.userId,
    command: fields.operationName,
    action: cim.action,
    change_type: cim.changeType,
    object_category: fields.operation === undefined ? (object?.kindName ?? 'unknown') : cim.objectCategory,
    object_attrs: cim.objectAttribute,
    object: object?.name ?? object?.id,
    object_id: object?.id,
    status: statusOf(fields.success),
    user,
    src_user,
    src: address,
    src_ip: fields.sourceIsAddress ? address : undefined,
    cim_tags: cim.tags.join(','),
  };
  const present: Record<string, string> = {};
  for (const [key, value] of Object.entries(all)) {
    if (value !== undefined && value !== '') present[key] = value.toWellFormed();
  }
  return present;
}
