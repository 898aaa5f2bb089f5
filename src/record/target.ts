import { TARGET_KINDS, type TargetKind } from '../event/catalogue.ts';
import { type Count, isObject, type JsonObject, readText, readTexts } from './parse.ts';
import { type Person, readPerson } from './person.ts';
import type { PiiMode } from './record.ts';

/** A target of an entry, as far as records show it. */
export interface Target {
  /** Its kind; undefined when this program does not know it. */
  readonly kind: TargetKind | undefined;
  /** Its kind as it came. */
  readonly kindName: string;
  /** `id`. */
  readonly id: string | undefined;
  /** `name`, of things; a person's name is in `person`. Of an unknown kind it may be a person's: not in mode `minimal`. */
  readonly name: string | undefined;
  /** `user_id`: who owns it. */
  readonly userId: string | undefined;
  /** `app_id`: the app it belongs to. */
  readonly appId: string | undefined;
  /** Id of what it is a version or a part of; see {@link PARENT_KEYS}. */
  readonly parentId: string | undefined;
  /** `scopes` of a role, else empty. */
  readonly scopes: readonly string[];
  /** The person, of kind `user`. */
  readonly person: Person | undefined;
}

/** Under which key the id of the parent is shown, by kind. */
export const PARENT_KEYS: Readonly<Partial<Record<TargetKind, string>>> = {
  module_version: 'module_id',
  workflow_version: 'workflow_id',
  model_version: 'model_id',
  nodepool: 'compute_cluster_id',
};

const KINDS: ReadonlyMap<string, TargetKind> = new Map(TARGET_KINDS.map((kind) => [kind, kind]));

const NO_SCOPES: readonly string[] = [];

function readParentId(kind: TargetKind | undefined, value: JsonObject, count: Count): string | undefined {
  if (kind === 'nodepool') {
    const cluster = value.compute_cluster;
    return isObject(cluster) ? readText(cluster.id, 'target.parent_id', count) : undefined;
  }
  const key = kind === undefined ? undefined : PARENT_KEYS[kind];
  return key === undefined ? undefined : readText(value[key], 'target.parent_id', count);
}

function readTarget(kindName: string, value: JsonObject, pii: PiiMode, count: Count): Target {
  const kind = KINDS.get(kindName);
  if (kind === undefined) count('unknown_target_kind');
  const person = kind === 'user' ? readPerson(value, pii, count) : undefined;
  const hidden = person !== undefined || (kind === undefined && pii === 'minimal');
  return {
    kind,
    kindName,
    id: person === undefined ? readText(value.id, 'target.id', count) : person.id,
    name: hidden ? undefined : readText(value.name, 'target.name', count),
    userId: readText(value.user_id, 'target.user_id', count),
    appId: readText(value.app_id, 'target.app_id', count),
    parentId: readParentId(kind, value, count),
    scopes: kind === 'role' ? readTexts(value.scopes, 'target.scopes', count) : NO_SCOPES,
    person,
  };
}

/** Whether there is anything by which the target can be found. */
function isNamed(target: Target): boolean {
  return (
    target.id !== undefined ||
    target.name !== undefined ||
    target.person?.fullName !== undefined ||
    target.person?.email !== undefined
  );
}

/**
 * Reads the targets in their order; the order means nothing. Each is an object with one key, its kind. Targets
 * that have neither id nor name are left out.
 */
export function readTargets(value: unknown, pii: PiiMode, count: Count): readonly Target[] {
  const targets: Target[] = [];
  if (value === undefined) return targets;
  if (!Array.isArray(value)) {
    count('wrong_type.targets');
    return targets;
  }
  for (const each of value) {
    if (!isObject(each)) {
      count('wrong_type.target');
      continue;
    }
    for (const kindName of Object.keys(each)) {
      const message = each[kindName];
      if (!isObject(message)) {
        count('wrong_type.target');
        continue;
      }
      const target = readTarget(kindName, message, pii, count);
      if (isNamed(target)) targets.push(target);
    }
  }
  return targets;
}
