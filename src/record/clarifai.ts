import type { LineWriter } from './line-writer.ts';
import type { Person } from './person.ts';
import { PARENT_KEYS, type Target } from './target.ts';

/*
 * Clarifai's own data, alike in `clarifai.audit` (ECS) and `unmapped.clarifai` (OCSF). An allow-list: what is not
 * named here, `metadata` and keys of compute clusters among it, never leaves the raw entry.
 */

/** Members of a person that neither ECS nor OCSF has a place for. */
function profileMembers(out: LineWriter, person: Person): void {
  out.member('company_name', person.companyName);
  out.member('job_title', person.jobTitle);
  out.member('job_role', person.jobRole);
}

/** The member `actor` with what {@link profileMembers} knows of who did it, or nothing. */
export function actorMember(out: LineWriter, actor: Person | undefined): void {
  if (actor === undefined) return;
  out.object('actor');
  profileMembers(out, actor);
  out.close();
}

/** One target under its kind; a kind from outside the catalogue is a value under `other`, never a key. */
function writeTarget(out: LineWriter, target: Target): void {
  const { kind, person } = target;
  out.comma();
  out.value();
  out.object(kind ?? 'other');
  if (kind === undefined && target.kindName !== '') out.member('kind', target.kindName);
  out.member('id', target.id);
  out.member('name', target.name);
  out.member('user_id', target.userId);
  out.member('app_id', target.appId);
  if (target.parentId !== undefined) out.member(PARENT_KEYS[kind!]!, target.parentId);
  out.texts('scopes', target.scopes);
  if (person !== undefined) {
    out.member('full_name', person.fullName);
    out.member('email', person.email);
    profileMembers(out, person);
  }
  out.close();
  out.close();
}

/** The member `targets` with all targets in their order, or nothing when there are none. */
export function targetsMember(out: LineWriter, targets: readonly Target[]): void {
  out.array('targets');
  for (const target of targets) writeTarget(out, target);
  out.close();
}

/** The member `original_base64` of an entry that cannot be read, or nothing when it has no bytes. */
export function brokenMember(out: LineWriter, entry: Buffer): void {
  if (entry.length > 0) out.member('original_base64', entry.toString('base64'));
}
