import type { TargetKind } from '../event/catalogue.ts';
import type { Fields } from './fields.ts';
import { arrayMember, member, quote, section } from './json.ts';
import type { Person } from './person.ts';
import type { Target } from './target.ts';

/** Kinds with a place of their own in ECS: `user.target`, `user.target.roles`, `group`. */
const ECS_KINDS: ReadonlySet<TargetKind> = new Set<TargetKind>(['user', 'role', 'team']);

function personMembers({ id, fullName, email }: Person): string {
  const text = id === undefined ? '' : quote(id);
  const ids = id === undefined ? '' : `,"id":${text},"name":${text}`;
  return ids + member('full_name', fullName) + member('email', email);
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
export function idMembers(targets: readonly Target[]): string {
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
