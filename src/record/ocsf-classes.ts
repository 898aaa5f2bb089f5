import type { OcsfClass, TargetKind } from '../event/catalogue.ts';
import { type Fields, primaryTarget } from './fields.ts';
import { array, arrayMember, quote } from './json.ts';
import type { OcsfVersion } from './ocsf-event.ts';
import { resourceObject, teamObject, UNKNOWN_USER, userObject } from './ocsf-objects.ts';
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
  targets: readonly Target[],
  primary: Target | undefined,
  version: OcsfVersion,
): string {
  if (targets.length === 0) return '';
  const objects = targets.map((each) =>
    resourceObject(each, version === '1.3.0' ? undefined : each === primary ? 'target' : 'related'),
  );
  return `,"resources":${array(objects)}`;
}

/** 6003 API Activity: things of the platform. */
function apiActivity({ fields, version }: ClassInput): string {
  const request = fields.requestId === undefined ? '' : `,"request":{"uid":${quote(fields.requestId)}}`;
  return (
    `,"api":{"operation":${quote(fields.operationName)}${request},"service":{"name":"Clarifai"}}` +
    resourcesMember(fields.targets, primaryTarget(fields), version)
  );
}

/** What Entity Management manages: an invitation, a user, or (OCSF 1.3) a team. */
function entityObject({ fields, context }: ClassInput): string {
  const { operation, targets } = fields;
  const user = userObject(first(targets, 'user')?.person);
  const userMember = user === undefined ? '' : `,"user":${user}`;
  if (operation?.primaryTarget === 'user') {
    return `{"type_id":2,"type":"User"${userMember === '' ? `,"user":${UNKNOWN_USER}` : userMember}}`;
  }
  if (operation?.primaryTarget === 'team') {
    const team = first(targets, 'team');
    return team === undefined
      ? '{"type_id":3,"type":"Group","name":"unknown"}'
      : `{"type_id":3,"type":"Group","group":${teamObject(team)}}`;
  }
  return `{"type_id":99,"type":"Organization Invitation","org":{"uid":${quote(context.userId)}}${userMember}}`;
}

/** 3004 Entity Management. */
function entityManagement(input: ClassInput): string {
  return `,"entity":${entityObject(input)}`;
}

/** 3005 User Access Management: roles and collaborators. */
function userAccess({ fields, version }: ClassInput): string {
  const { operation, targets } = fields;
  const user = first(targets, 'user');
  const named = privilegesOf(targets);
  const fallback =
    operation !== undefined && COLLABORATOR.has(operation.code) ? 'collaborator' : 'unspecified';
  const resources = targets.filter((each) => each !== user && each.kind !== 'role');
  const resourceText =
    version !== '1.3.0'
      ? resourcesMember(resources, undefined, version)
      : resources[0] === undefined
        ? ''
        : `,"resource":${resourceObject(resources[0], undefined)}`;
  return (
    `,"user":${userObject(user?.person) ?? UNKNOWN_USER}` +
    arrayMember('privileges', named.length === 0 ? [fallback] : named) +
    resourceText
  );
}

/** 3006 Group Management: teams, and memberships of the organization. */
function groupManagement({ fields, context, version }: ClassInput): string {
  const { operation, targets, actor } = fields;
  const code = operation?.code ?? 0;
  const team = first(targets, 'team');
  const group = ORGANIZATION_MEMBERSHIP.has(code)
    ? `{"uid":${quote(context.userId)},"type":"Organization"}`
    : team === undefined
      ? '{"name":"unknown","type":"Team"}'
      : teamObject(team);
  const person = first(targets, 'user')?.person ?? (code === INVITATION_ACCEPT ? actor : undefined);
  const user = userObject(person) ?? (USER_ACTIVITIES.has(code) ? UNKNOWN_USER : undefined);
  const named = privilegesOf(targets);
  const privileges = named.length === 0 && TEAM_PRIVILEGES.has(code) ? ['unspecified'] : named;
  const resource = targets.find((each) => each.kind === 'app');
  const role = version === '1.3.0' ? undefined : 'related';
  return (
    `,"group":${group}` +
    (user === undefined ? '' : `,"user":${user}`) +
    arrayMember('privileges', privileges) +
    (resource === undefined ? '' : `,"resource":${resourceObject(resource, role)}`)
  );
}

/** The members that only one class has, by `class_uid`. */
export const CLASS_MEMBERS: Readonly<Record<OcsfClass, (input: ClassInput) => string>> = {
  3004: entityManagement,
  3005: userAccess,
  3006: groupManagement,
  6003: apiActivity,
};
