import { createDice, type Dice } from './mix.ts';
import {
  APP_NAMES,
  CLUSTER_NAMES,
  MODEL_NAMES,
  MODEL_TYPES,
  MODULE_NAMES,
  NODEPOOL_NAMES,
  ROLES,
  SENTENCES,
  TEAMS,
  WORKFLOW_NAMES,
} from './names.ts';
import { idOf, type Person } from './people.ts';

/** The object inside a target; its `id` is what the target filter compares. */
export interface TargetObject {
  /** The target's own id. */
  readonly id: string;
  /** Whatever else the kind has. */
  readonly [field: string]: unknown;
}

/** Makes targets that fit each other: one draw is about one app, one model in it, and so on. */
export interface TargetDraw {
  /** The target of a kind; the same object however often it is asked for. */
  target(kind: string): TargetObject;
}

const STREAM = 1_002;

/** The things of the organisation `userId`. `draw` takes a set of them that belongs together. */
export function createResources(
  seed: number,
  userId: string,
  people: readonly Person[],
): { draw(dice: Dice): TargetDraw } {
  const dice = createDice(seed, STREAM);
  const apps = APP_NAMES.map((name) => ({ id: idOf(name), name, key: dice.hex(4) }));
  return {
    draw(own) {
      const app = own.pick(apps);
      const made = new Map<string, TargetObject>();
      const target = (kind: string): TargetObject => {
        let object = made.get(kind);
        if (object === undefined) {
          object = build(kind, { dice: own, userId, app, people, target });
          made.set(kind, object);
        }
        return object;
      };
      return { target };
    },
  };
}

interface Scene {
  readonly dice: Dice;
  readonly userId: string;
  readonly app: { readonly id: string; readonly name: string; readonly key: string };
  readonly people: readonly Person[];
  readonly target: (kind: string) => TargetObject;
}

function build(kind: string, scene: Scene): TargetObject {
  const { dice, userId, app, target } = scene;
  const created = `2024-0${1 + dice.below(9)}-1${dice.below(10)}T08:${10 + dice.below(50)}:07.${100_000 + dice.below(900_000)}Z`;
  const owned = { created_at: created, user_id: userId };
  const inApp = { ...owned, app_id: app.id };
  switch (kind) {
    case 'user':
      return JSON.parse(dice.pick(scene.people).profiles[0]!.toString()) as TargetObject;
    case 'role':
      return roleOf(dice);
    case 'team': {
      const name = dice.pick(TEAMS);
      return { id: idOf(name), name, description: '', app_count: dice.below(9), user_count: dice.below(20) };
    }
    case 'app':
      return { id: app.id, name: app.name, description: dice.pick(['', dice.pick(SENTENCES)]), ...owned };
    case 'module':
      return { id: dice.pick(MODULE_NAMES), description: '', ...inApp };
    case 'module_version':
      return { id: `${1 + dice.below(4)}_${dice.below(20)}_0`, module_id: target('module').id, ...inApp };
    case 'workflow':
      return { id: `${dice.pick(WORKFLOW_NAMES)}-${app.key}`, use_cases: [], ...inApp };
    case 'workflow_version':
      return { id: dice.hex(32), workflow_id: target('workflow').id, ...inApp };
    case 'model':
      return modelOf(scene, inApp);
    case 'model_version':
      return { id: dice.hex(32), num_input_concepts: 0, status: { code: 21_100 }, ...owned, app_id: '' };
    case 'compute_cluster': {
      const id = dice.pick(CLUSTER_NAMES);
      return { id, description: '', cloud_provider: { id: id.split('-')[0] }, ...owned };
    }
    case 'nodepool':
      return { id: dice.pick(NODEPOOL_NAMES), description: '', min_instances: dice.below(3), ...owned };
    default:
      return deploymentOf(scene);
  }
}

function roleOf(dice: Dice): TargetObject {
  const name = dice.pick(ROLES);
  return { id: `role-${name}`, name, description: '', type: 1, scopes: ['Apps_Get', 'Models_Get'] };
}

function modelOf(scene: Scene, inApp: object): TargetObject {
  const id = `${scene.dice.pick(MODEL_NAMES)}-${scene.app.key}`;
  return { id, name: id, model_type_id: scene.dice.pick(MODEL_TYPES), use_cases: [], toolkits: [], ...inApp };
}

function deploymentOf({ dice, app, userId }: Scene): TargetObject {
  const autoscale_config = { min_replicas: dice.below(2), max_replicas: 2 + dice.below(6) };
  return { id: `deploy-${app.id}-${dice.hex(4)}`, user_id: userId, autoscale_config, description: '' };
}
