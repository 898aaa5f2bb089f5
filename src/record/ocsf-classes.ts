import type { OcsfClass, TargetKind } from '../event/catalogue.ts';
import { type Fields, primaryTarget } from './fields.ts';
import type { LineWriter } from './line-writer.ts';
import type { OcsfVersion } from './ocsf-event.ts';
import { nested, resourceMembers, teamMember, userMember } from './ocsf-objects.ts';
import type { RecordContext } from './record.ts';
import type { Target } from './target.ts';

/** What the members of a class are made from. */
export interface ClassInput {
  /** The entry. */
  readonly fields: Fields;
  /** Whose audit log it is. */
  readonly context: RecordContext;
  /** Version of the schema. */
  readonly version: OcsfVersion;
}

function first(targets: readonly Target[], kind: TargetKind): Target | undefined {
  return targets.find((each) => each.kind === kind);
}

/** Event types about a membership of the organization itself: their group is the organization, which is no target. */
const ORGANIZATION_MEMBERSHIP: ReadonlySet<number> = new Set([100, 102, 105]);

/** ORGANIZATION_MEMBER_INVITATION_ACCEPT: without a user target the acting user is who joins. */
const INVITATION_ACCEPT = 105;

/** Add User and Remove User: a user is what they are about. */
const USER_ACTIVITIES: ReadonlySet<number> = new Set([100, 102, 105, 110, 111]);

/** Event types about privileges of a team. */
const TEAM_PRIVILEGES: ReadonlySet<number> = new Set([112, 113]);

/** COLLABORATOR_*: who has no role there is a collaborator. */
const COLLABORATOR: ReadonlySet<number> = new Set([700, 701, 702]);

/** Ids of the roles that an entry names, or their scopes where a role has no id. */
function privilegesOf(targets: readonly Target[]): readonly string[] {
  const privileges: string[] = [];
  for (const { kind, id, name, scopes } of targets) {
    if (kind !== 'role') continue;
    if (id === undefined && scopes.length > 0) privileges.push(...scopes);
    else privileges.push(id ?? name!);
  }
  return privileges;
}

function resourcesMember(
  out: LineWriter,
  targets: readonly Target[],
  primary: Target | undefined,
  version: OcsfVersion,
): void {
  out.array('resources');
  for (const each of targets) {
    out.comma();
    out.value();
    resourceMembers(out, each, version === '1.3.0' ? undefined : each === primary ? 'target' : 'related');
    out.close();
  }
  out.close();
}

function resourceMember(out: LineWriter, target: Target | undefined, role: 'related' | undefined): void {
  if (target === undefined) return;
  out.object('resource');
  resourceMembers(out, target, role);
  out.close();
}

/** 6003 API Activity: things of the platform. */
function apiActivity(out: LineWriter, { fields, version }: ClassInput): void {
  out.object('api');
  out.member('operation', fields.operationName);
  nested(out, 'request', 'uid', fields.requestId);
  out.json(',"service":{"name":"Clarifai"}');
  out.close();
  resourcesMember(out, fields.targets, primaryTarget(fields), version);
}

/** 3004 Entity Management: what it manages is an invitation, a user, or (OCSF 1.3) a team. */
function entityManagement(out: LineWriter, { fields, context }: ClassInput): void {
  const { operation, targets } = fields;
  const person = first(targets, 'user')?.person;
  out.object('entity');
  if (operation?.primaryTarget === 'user') {
    out.json(',"type_id":2,"type":"User"');
    userMember(out, 'user', person, true);
  } else if (operation?.primaryTarget === 'team') {
    const team = first(targets, 'team');
    out.json(',"type_id":3,"type":"Group"');
    if (team === undefined) out.member('name', 'unknown');
    else teamMember(out, team);
  } else {
    out.json(',"type_id":99,"type":"Organization Invitation"');
    nested(out, 'org', 'uid', context.userId);
    userMember(out, 'user', person, false);
  }
  out.close();
}

/** 3005 User Access Management: roles and collaborators. */
function userAccess(out: LineWriter, { fields, version }: ClassInput): void {
  const { operation, targets } = fields;
  const user = first(targets, 'user');
  const named = privilegesOf(targets);
  const fallback =
    operation !== undefined && COLLABORATOR.has(operation.code) ? 'collaborator' : 'unspecified';
  const resources = targets.filter((each) => each !== user && each.kind !== 'role');
  userMember(out, 'user', user?.person, true);
  out.texts('privileges', named.length === 0 ? [fallback] : named);
  if (version === '1.3.0') resourceMember(out, resources[0], undefined);
  else resourcesMember(out, resources, undefined, version);
}

/** 3006 Group Management: teams, and memberships of the organization. */
function groupManagement(out: LineWriter, { fields, context, version }: ClassInput): void {
  const { operation, targets, actor } = fields;
  const code = operation?.code ?? 0;
  const team = first(targets, 'team');
  if (ORGANIZATION_MEMBERSHIP.has(code)) {
    out.object('group');
    out.member('uid', context.userId);
    out.member('type', 'Organization');
    out.close();
  } else if (team === undefined) out.json(',"group":{"name":"unknown","type":"Team"}');
  else teamMember(out, team);
  const person = first(targets, 'user')?.person ?? (code === INVITATION_ACCEPT ? actor : undefined);
  userMember(out, 'user', person, USER_ACTIVITIES.has(code));
  const named = privilegesOf(targets);
  out.texts('privileges', named.length === 0 && TEAM_PRIVILEGES.has(code) ? ['unspecified'] : named);
  const app = targets.find((each) => each.kind === 'app');
  resourceMember(out, app, version === '1.3.0' ? undefined : 'related');
}

/** Writes the members that only one class has, by `class_uid`. */
export const CLASS_MEMBERS: Readonly<Record<OcsfClass, (out: LineWriter, input: ClassInput) => void>> = {
  3004: entityManagement,
  3005: userAccess,
  3006: groupManagement,
  6003: apiActivity,
};
