import type { Event } from './match.ts';
import { entry, recordOf, type Told } from './records.ts';

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const user = (id: string) => ({ user: { id, first_name: 'Some', last_name: 'Body' } });
const role = (id: string) => ({ role: { id, name: id, scopes: ['All'] } });
const app = (id: string) => ({ app: { id, name: '', user_id: 'acme-corp' } });
const model = (id: string) => ({ model: { id, app_id: 'app-1', user_id: 'acme-corp' } });
const team = { team: { id: 'red', name: 'Red' } };
const PUBLIC = ['Changed notes from "" to "x"', 'Changed visibility from "PRIVATE" to "PUBLIC"'];

/** What one user does, once a minute, and how it is told. */
const repeated = (count: number, tell: (index: number) => Told): readonly Told[] =>
  times(count, (index) => ({ minute: index, ...tell(index) }));

const TOLD: Readonly<Record<string, readonly Told[]>> = {
  access_removal_mass: repeated(5, (i) => ({
    operation: ['ORGANIZATION_MEMBER_REMOVE', 702, 111][i % 3]!,
    targets: [user(`person-${i}`)],
  })),
  admin_role_given: [{ operation: 101, targets: [role('org_admin'), user('eve')] }],
  collaborator_added_many: repeated(5, (i) => ({
    operation: 'COLLABORATOR_ADD',
    targets: [app('app-1'), user(`guest-${i}`)],
    sourceIp: '10.1.2.3',
  })),
  collaborator_added_outside_networks: [{ operation: 700, targets: [app('app-1'), user('guest')] }],
  collaborator_temporary: [
    { operation: 700, targets: [app('app-1'), user('guest')], sourceIp: '10.1.2.3' },
    { operation: 702, targets: [user('guest'), app('app-1')], minute: 20, sourceIp: '10.1.2.3' },
  ],
  compute_cluster_created: [{ operation: 900, targets: [{ compute_cluster: { id: 'cc-1' } }] }],
  compute_cluster_deleted: [{ operation: 901, targets: [{ compute_cluster: { id: 'cc-1' } }] }],
  deployment_burst: repeated(8, (i) => ({
    operation: 1100,
    targets: [{ deployment: { id: `miner-${i}` } }],
  })),
  failures_many_users: times(3, (i) => ({ operation: 301, minute: i, by: `victim-${i}`, success: false })),
  failures_repeated: repeated(5, () => ({ operation: 301, success: false })),
  iam_change_refused: [{ operation: 101, targets: [user('mallory'), role('viewer')], success: false }],
  mass_application_deletion: repeated(3, (i) => ({ operation: 602, targets: [app(`app-${i}`)] })),
  mass_compute_deletion: repeated(5, (i) => ({
    operation: i % 2 === 0 ? 1002 : 1102,
    targets: [{ deployment: { id: `d-${i}` } }],
  })),
  mass_model_deletion: repeated(5, (i) => ({ operation: 'MODEL_DELETE', targets: [model(`m-${i}`)] })),
  mass_version_deletion: repeated(8, (i) => ({
    operation: [205, 305, 405][i % 3]!,
    targets: [app('app-1')],
  })),
  mass_workflow_deletion: repeated(5, (i) => ({ operation: 402, targets: [{ workflow: { id: `w-${i}` } }] })),
  member_added: [{ operation: 105, targets: [role('viewer')] }],
  nodepool_changed: [{ operation: 1001, targets: [{ nodepool: { id: 'np-1' } }] }],
  profile_updated: [{ operation: 800, targets: [user('mallory')] }],
  role_changed: [{ operation: 101, targets: [user('eve'), role('viewer')] }],
  team_app_access_given: [{ operation: 112, targets: [team, app('app-1')] }],
  team_changed: [{ operation: 110, targets: [user('eve'), team] }],
  unknown_event: [{ operation: 4711, targets: [app('app-1')] }],
  user_many_addresses: repeated(4, (i) => ({ operation: 301, sourceIp: `8.8.4.${i}` })),
  visibility_public: [{ operation: 601, targets: [app('app-1')], details: PUBLIC }],
  visibility_public_many: repeated(5, (i) => ({
    operation: 301,
    targets: [model(`m-${i}`)],
    details: PUBLIC,
  })),
};

/** By rule: records of what it is to see, made from entries in the API's JSON. */
export const SCENARIOS: Readonly<Record<string, readonly Event[]>> = {
  ...Object.fromEntries(Object.entries(TOLD).map(([rule, told]) => [rule, told.map(entry)])),
  unreadable_entry: [recordOf(Buffer.from('["not an object"]'))],
};

/** By correlation rule: records that stay just below its threshold, or outside its window. */
export const NEAR_MISSES: Readonly<Record<string, readonly Event[]>> = Object.fromEntries(
  Object.entries(TOLD)
    .filter(([, told]) => told.length > 1)
    .flatMap(([rule, told]) => [
      [`${rule}: one less`, told.slice(1).map(entry)],
      [`${rule}: too slow`, told.map((each, i) => entry({ ...each, minute: i * 61 }, i))],
    ]),
);
