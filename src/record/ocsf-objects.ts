import type { Fields } from './fields.ts';
import { member, object, quote } from './json.ts';
import type { Person } from './person.ts';
import type { Target } from './target.ts';

/** Stands for what an entry does not say and a class cannot do without. */
export const UNKNOWN_USER = '{"name":"unknown","type_id":0,"type":"Unknown"}';

/** The schema's own idea of an address: what does not match it is left out. */
const EMAIL = /^[a-zA-Z0-9!#$%&'*+-/=?^_`{|}~.]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$/;

/** An OCSF `user`; undefined when nothing is known of the person. */
export function userObject(person: Person | undefined): string | undefined {
  if (person === undefined) return undefined;
  const { id, fullName, email, companyName, jobTitle } = person;
  const name = id ?? fullName ?? email;
  if (name === undefined) return undefined;
  const text = quote(name);
  return (
    `{"name":${text}${id === undefined ? '' : `,"uid":${text}`},"type_id":1,"type":"User"` +
    member('full_name', fullName) +
    (email !== undefined && EMAIL.test(email) ? member('email_addr', email) : '') +
    (jobTitle === undefined ? '' : `,"ldap_person":{"job_title":${quote(jobTitle)}}`) +
    `${companyName === undefined ? '' : `,"org":{"name":${quote(companyName)}}`}}`
  );
}

/**
 * An OCSF `resource_details`.
 *
 * @param role whether the operation is about it; undefined where the version has no `role_id`
 */
export function resourceObject(target: Target, role: 'target' | 'related' | undefined): string {
  const { person } = target;
  const roleMembers =
    role === undefined
      ? ''
      : role === 'target'
        ? ',"role_id":1,"role":"Target"'
        : ',"role_id":4,"role":"Related"';
  return object(
    member('type', target.kindName === '' ? undefined : target.kindName) +
      member('uid', target.id) +
      member(
        'name',
        target.name ?? (target.id === undefined ? (person?.fullName ?? person?.email) : undefined),
      ) +
      member('namespace', target.appId) +
      (target.userId === undefined ? '' : `,"owner":{"uid":${quote(target.userId)}}`) +
      roleMembers,
  );
}

/** An OCSF `group` for a team. */
export function teamObject(team: Target): string {
  return object(`${member('uid', team.id)}${member('name', team.name)},"type":"Team"`);
}

/** An OCSF `network_endpoint`; undefined when the entry names no source. Text that is no address is a name. */
export function endpointObject({ sourceIp, sourceIsAddress }: Fields): string | undefined {
  if (sourceIp === undefined) return undefined;
  return sourceIsAddress ? `{"ip":${quote(sourceIp)}}` : `{"name":${quote(sourceIp)}}`;
}
