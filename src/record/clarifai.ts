import { array, arrayMember, member, object, quote } from './json.ts';
import type { Person } from './person.ts';
import { PARENT_KEYS, type Target } from './target.ts';

/*
 * Clarifai's own data, alike in `clarifai.audit` (ECS) and `unmapped.clarifai` (OCSF). An allow-list: what is not
 * named here, `metadata` and keys of compute clusters among it, never leaves the raw entry.
 */

/** Members of a person that neither ECS nor OCSF has a place for. */
export function profileMembers(person: Person): string {
  return (
    member('company_name', person.companyName) +
    member('job_title', person.jobTitle) +
    member('job_role', person.jobRole)
  );
}

/** One target under its kind; a kind from outside the catalogue is a value under `other`, never a key. */
function targetJson(target: Target): string {
  const { kind, person } = target;
  const parentKey = kind === undefined ? undefined : PARENT_KEYS[kind];
  const members =
    (kind === undefined && target.kindName !== '' ? `,"kind":${quote(target.kindName)}` : '') +
    member('id', target.id) +
    member('name', target.name) +
    member('user_id', target.userId) +
    member('app_id', target.appId) +
    (parentKey === undefined ? '' : member(parentKey, target.parentId)) +
    arrayMember('scopes', target.scopes) +
    (person === undefined
      ? ''
      : member('full_name', person.fullName) + member('email', person.email) + profileMembers(person));
  return `{"${kind ?? 'other'}":${object(members)}}`;
}

/** The member `targets` with all targets in their order, or nothing when there are none. */
export function targetsMember(targets: readonly Target[]): string {
  return targets.length === 0 ? '' : `,"targets":${array(targets.map(targetJson))}`;
}

/** The member `original_base64` of an entry that cannot be read, or nothing when it has no bytes. */
export function brokenMember(entry: Buffer): string {
  return entry.length === 0 ? '' : `,"original_base64":"${entry.toString('base64')}"`;
}
