import type { Fields } from './fields.ts';
import type { LineWriter } from './line-writer.ts';
import type { Person } from './person.ts';
import type { Target } from './target.ts';

/** Stands for what an entry does not say and a class cannot do without. */
const UNKNOWN_USER = '{"name":"unknown","type_id":0,"type":"Unknown"}';

/** The schema's own idea of an address: what does not match it is left out. */
const EMAIL = /^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;

/**
 * Writes an OCSF `user` as the member `key`.
 *
 * @param needed whether an unknown user stands in where nothing is known of the person; else nothing is written
 */
export function userMember(out: LineWriter, key: string, person: Person | undefined, needed: boolean): void {
  const name = person?.id ?? person?.fullName ?? person?.email;
  if (person === undefined || name === undefined) {
    if (needed) {
      out.key(key);
      out.json(UNKNOWN_USER);
    }
    return;
  }
  const { id, fullName, email, companyName, jobTitle } = person;
  out.object(key);
  out.member('name', name);
  out.member('uid', id);
  out.json(',"type_id":1,"type":"User"');
  out.member('full_name', fullName);
  if (email !== undefined && EMAIL.test(email)) out.member('email_addr', email);
  nested(out, 'ldap_person', 'job_title', jobTitle);
  nested(out, 'org', 'name', companyName);
  out.close();
}

/** Writes the member `key` that is an object with one text; nothing without it. */
export function nested(out: LineWriter, key: string, inner: string, text: string | undefined): void {
  out.object(key);
  out.member(inner, text);
  out.close();
}

/**
 * Writes the members of an OCSF `resource_details`.
 *
 * @param role whether the operation is about it; undefined where the version has no `role_id`
 */
export function resourceMembers(
  out: LineWriter,
  target: Target,
  role: 'target' | 'related' | undefined,
): void {
  const { person } = target;
  const unnamed = target.id === undefined ? (person?.fullName ?? person?.email) : undefined;
  out.member('type', target.kindName === '' ? undefined : target.kindName);
  out.member('uid', target.id);
  out.member('name', target.name ?? unnamed);
  out.member('namespace', target.appId);
  nested(out, 'owner', 'uid', target.userId);
  if (role === 'target') out.json(',"role_id":1,"role":"Target"');
  if (role === 'related') out.json(',"role_id":4,"role":"Related"');
}

/** Writes the member `group`, an OCSF `group` for a team. */
export function teamMember(out: LineWriter, team: Target): void {
  out.object('group');
  out.member('uid', team.id);
  out.member('name', team.name);
  out.member('type', 'Team');
  out.close();
}

/**
 * Writes the member `src_endpoint`, an OCSF `network_endpoint`. Text that is no address is a name.
 *
 * @param needed whether an unknown one stands in where the entry names no source; else nothing is written
 */
export function endpointMember(out: LineWriter, fields: Fields, needed: boolean): void {
  const { sourceIp, sourceIsAddress } = fields;
  const text = sourceIp ?? (needed ? 'unknown' : undefined);
  nested(out, 'src_endpoint', sourceIsAddress ? 'ip' : 'name', text);
}
