import type { TargetKind } from '../event/catalogue.ts';
import type { Fields } from './fields.ts';
import type { LineWriter } from './line-writer.ts';
import type { Person } from './person.ts';
import type { Target } from './target.ts';

/** Kinds with a place of their own in ECS: `user.target`, `user.target.roles`, `group`. */
const ECS_KINDS: ReadonlySet<TargetKind> = new Set<TargetKind>(['user', 'role', 'team']);

function personMembers(out: LineWriter, { id, fullName, email }: Person): void {
  out.member('id', id);
  out.member('name', id);
  out.member('full_name', fullName);
  out.member('email', email);
}

function groupMember(out: LineWriter, team: Target | undefined): void {
  if (team === undefined) return;
  out.object('group');
  out.member('id', team.id);
  out.member('name', team.name);
  out.close();
}

/**
 * The members `user` (the actor, and under `target` the user, team and roles acted on) and `group` (the team).
 * ECS has room for one user and one team: the first; `clarifai.audit.targets` has all.
 */
export function userMembers(out: LineWriter, { actor, targets }: Fields): void {
  let person: Person | undefined;
  let team: Target | undefined;
  const roles: string[] = [];
  for (const target of targets) {
    if (target.kind === 'user') person ??= target.person;
    else if (target.kind === 'team') team ??= target;
    else if (target.kind === 'role') roles.push(target.id ?? target.name!);
  }
  out.object('user');
  if (actor !== undefined) personMembers(out, actor);
  out.object('target');
  if (person !== undefined) {
    personMembers(out, person);
    groupMember(out, team);
  }
  out.texts('roles', roles);
  out.close();
  out.close();
  groupMember(out, team);
}

/** The users of `related.user`: the actor and all users acted on, each once. */
export function relatedUsers({ actor, targets }: Fields): readonly string[] {
  const ids: string[] = [];
  if (actor?.id !== undefined) ids.push(actor.id);
  for (const { person } of targets) {
    if (person?.id !== undefined && !ids.includes(person.id)) ids.push(person.id);
  }
  return ids;
}

/** Ids of targets that have no place of their own in ECS, one array a kind: `,"app":{"id":["a"]}`. */
export function idMembers(out: LineWriter, targets: readonly Target[]): void {
  for (let i = 0; i < targets.length; i++) {
    const { kind, id } = targets[i]!;
    if (kind === undefined || id === undefined || ECS_KINDS.has(kind)) continue;
    if (isAmong(targets, i, kind)) continue;
    out.object(kind);
    out.array('id');
    for (let j = i; j < targets.length; j++) {
      const other = targets[j]!;
      if (other.kind !== kind || other.id === undefined) continue;
      out.comma();
      out.text(other.id);
    }
    out.close();
    out.close();
  }
}

/** Whether one of the targets before `end` is of `kind` and has an id. */
function isAmong(targets: readonly Target[], end: number, kind: TargetKind): boolean {
  for (let i = 0; i < end; i++) if (targets[i]!.kind === kind && targets[i]!.id !== undefined) return true;
  return false;
}
