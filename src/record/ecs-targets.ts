import type { TargetKind } from '../event/catalogue.ts';
import type { Fields } from './fields.ts';
import { arrayMember, member, object, quote, section } from './json.ts';
import type { Person } from './person.ts';
import { PARENT_KEYS, type Target } from './target.ts';

/** Kinds with a place of their own in ECS: `user.target`, `user.target.roles`, `group`. */
const ECS_KINDS: ReadonlySet<TargetKind> = new Set<TargetKind>(['user', 'role', 'team']);

function personMembers(person: Person): string {
  return (
    member('id', person.id) +
    member('name', person.id) +
    member('full_name', person.fullName) +
    member('email', person.email)
  );
}

/** Members of a person that ECS has no field for. */
export function profileMembers(person: Person): string {
  return (
    member('company_name', person.companyName) +
    member('job_title', person.jobTitle) +
    member('job_role', person.jobRole)
  );
}

/**
 * The members `user` (the actor, and under `target` the user, team and roles acted on) and `group` (the team).
 * ECS has room for one user and one team: the first; `clarifai.audit.targets` has all.
 */
export function userMembers({ actor, targets }: Fields): string {
  let person: Person | undefined;
  let team: Target | undefined;
  const roles: string[] = [];
  for (const target of targets) {
    if (target.kind === 'user') person ??= target.person;
    else if (target.kind === 'team') team ??= target;
    else if (target.kind === 'role') roles.push(target.id ?? target.name!);
  }
  const group = team === undefined ? '' : section('group', member('id', team.id) + member('name', team.name));
  const target = (person === undefined ? '' : personMembers(person) + group) + arrayMember('roles', roles);
  const own = actor === undefined ? '' : personMembers(actor);
  return section('user', own + section('target', target)) + group;
}

/** The users of `related.user`: the actor and all users acted on, each once. */
export function relatedUsers({ actor, targets }: Fields): readonly string[] {
  const ids = new Set<string>();
  if (actor?.id !== undefined) ids.add(actor.id);
  for (const { person } of targets) if (person?.id !== undefined) ids.add(person.id);
  return [...ids];
}

/** Ids of targets that have no place of their own in ECS, one array a kind: `,"app":{"id":["a"]}`. */
function idMembers(targets: readonly Target[]): string {
  const ids = new Map<TargetKind, string>();
  for (const { kind, id } of targets) {
    if (kind === undefined || id === undefined || ECS_KINDS.has(kind)) continue;
    const before = ids.get(kind);
    ids.set(kind, before === undefined ? quote(id) : `${before},${quote(id)}`);
  }
  let members = '';
  for (const [kind, list] of ids) members += `,"${kind}":{"id":[${list}]}`;
  return members;
}

/** One target under its kind; a kind from outside the catalogue is a value under `other`, never a key. */
function targetJson(target: Target): string {
  const { kind, person } = target;
  const parentKey = kind === undefined ? undefined : PARENT_KEYS[kind];
  const members =
    (kind === undefined ? `,"kind":${quote(target.kindName)}` : '') +
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

/** Members of `clarifai.audit` for the targets. */
export function targetMembers(targets: readonly Target[]): string {
  if (targets.length === 0) return '';
  let all = '';
  for (const target of targets) all += all === '' ? targetJson(target) : `,${targetJson(target)}`;
  return `${idMembers(targets)},"targets":[${all}]`;
}
