/** What is told in `details` of an operation. */
export type DetailStyle = 'none' | 'patch' | 'scale' | 'role' | 'invitation' | 'profile' | 'names';

/** One kind of operation as the generated history plays it. */
export interface Operation {
  /** Numeric `EventType`. */
  readonly code: number;
  /** Name of the `EventType`. */
  readonly name: string;
  /** The entry's `description`. */
  readonly description: string;
  /** How often it occurs, relative to the others. Above 0. */
  readonly weight: number;
  /** Kinds of the targets; one that ends in `?` is there in about half of the entries. */
  readonly targets: readonly string[];
  /** What `details` tell. */
  readonly details: DetailStyle;
}

/** All 47 operations of `EventType` (0, "not set", left out), from `resources.proto` of clarifai-nodejs-grpc 11.11.0. */
export const OPERATIONS: readonly Operation[] = [
  op(100, 'ORGANIZATION_MEMBER_ADD', 'Organization members added', 2, 'user role?', 'role'),
  op(101, 'ORGANIZATION_MEMBER_CHANGE', "Organization members' roles changed", 2, 'user role?', 'role'),
  op(102, 'ORGANIZATION_MEMBER_REMOVE', 'Organization members removed', 1, 'user role?', 'none'),
  op(
    103,
    'ORGANIZATION_MEMBER_INVITATION_CREATE',
    'Organization member invitations created',
    3,
    'user? role?',
    'invitation',
  ),
  op(
    104,
    'ORGANIZATION_MEMBER_INVITATION_CANCEL',
    'Organization member invitations canceled',
    1,
    'user? role?',
    'invitation',
  ),
  op(
    105,
    'ORGANIZATION_MEMBER_INVITATION_ACCEPT',
    'Organization member invitations accepted',
    2,
    'user? role?',
    'invitation',
  ),
  op(
    106,
    'ORGANIZATION_MEMBER_INVITATION_DECLINE',
    'Organization member invitations declined',
    1,
    'user? role?',
    'invitation',
  ),
  op(107, 'ORGANIZATION_TEAM_CREATE', 'Organization teams created', 1, 'team', 'names'),
  op(108, 'ORGANIZATION_TEAM_UPDATE', 'Organization teams updated', 1, 'team', 'patch'),
  op(109, 'ORGANIZATION_TEAM_DELETE', 'Organization teams deleted', 1, 'team', 'none'),
  op(110, 'ORGANIZATION_TEAM_MEMBER_ADD', 'Organization team members added', 3, 'team user', 'names'),
  op(111, 'ORGANIZATION_TEAM_MEMBER_REMOVE', 'Organization team members removed', 2, 'team user', 'none'),
  op(112, 'ORGANIZATION_TEAM_APP_ADD', 'Organization team applications added', 3, 'team app role?', 'role'),
  op(
    113,
    'ORGANIZATION_TEAM_APP_REMOVE',
    'Organization team applications removed',
    1,
    'team app role?',
    'none',
  ),
  op(200, 'MODULE_CREATE', 'Modules created', 2, 'app module', 'names'),
  op(201, 'MODULE_UPDATE', 'Modules updated', 4, 'app module', 'patch'),
  op(202, 'MODULE_DELETE', 'Modules deleted', 1, 'app module', 'none'),
  op(203, 'MODULE_VERSION_CREATE', 'Module versions created', 5, 'app module module_version', 'names'),
  op(204, 'MODULE_VERSION_UPDATE', 'Module versions updated', 3, 'app module module_version', 'patch'),
  op(205, 'MODULE_VERSION_DELETE', 'Module versions deleted', 1, 'app module module_version', 'none'),
  op(300, 'MODEL_CREATE', 'Models created', 30, 'app model', 'names'),
  op(301, 'MODEL_UPDATE', 'Models updated', 60, 'app model', 'patch'),
  op(302, 'MODEL_DELETE', 'Models deleted', 10, 'app model', 'none'),
  op(303, 'MODEL_VERSION_CREATE', 'Model versions created', 80, 'app model model_version', 'names'),
  op(304, 'MODEL_VERSION_UPDATE', 'Model versions updated', 40, 'app model model_version', 'patch'),
  op(305, 'MODEL_VERSION_DELETE', 'Model versions deleted', 12, 'app model model_version', 'none'),
  op(400, 'WORKFLOW_CREATE', 'Workflows created', 25, 'app workflow', 'names'),
  op(401, 'WORKFLOW_UPDATE', 'Workflows updated', 40, 'app workflow', 'patch'),
  op(402, 'WORKFLOW_DELETE', 'Workflows deleted', 8, 'app workflow', 'none'),
  op(
    403,
    'WORKFLOW_VERSION_CREATE',
    'Workflow versions created',
    50,
    'app workflow workflow_version',
    'names',
  ),
  op(
    404,
    'WORKFLOW_VERSION_UPDATE',
    'Workflow versions updated',
    20,
    'app workflow workflow_version',
    'patch',
  ),
  op(405, 'WORKFLOW_VERSION_DELETE', 'Workflow versions deleted', 6, 'app workflow workflow_version', 'none'),
  op(600, 'APPLICATION_CREATE', 'Applications created', 15, 'app', 'names'),
  op(601, 'APPLICATION_UPDATE', 'Applications updated', 25, 'app', 'patch'),
  op(602, 'APPLICATION_DELETE', 'Applications deleted', 4, 'app', 'none'),
  op(700, 'COLLABORATOR_ADD', 'Collaborators added', 10, 'app user role?', 'role'),
  op(701, 'COLLABORATOR_UPDATE', 'Collaborators updated', 5, 'app user role?', 'role'),
  op(702, 'COLLABORATOR_REMOVE', 'Collaborators removed', 4, 'app user role?', 'none'),
  op(800, 'USER_UPDATE', 'Users updated', 8, 'user', 'profile'),
  op(900, 'COMPUTE_CLUSTER_CREATE', 'Compute clusters created', 2, 'compute_cluster', 'names'),
  op(901, 'COMPUTE_CLUSTER_DELETE', 'Compute clusters deleted', 1, 'compute_cluster', 'none'),
  op(1000, 'NODEPOOL_CREATE', 'Nodepools created', 4, 'compute_cluster nodepool', 'scale'),
  op(1001, 'NODEPOOL_UPDATE', 'Nodepools updated', 12, 'compute_cluster nodepool', 'scale'),
  op(1002, 'NODEPOOL_DELETE', 'Nodepools deleted', 2, 'compute_cluster nodepool', 'none'),
  op(1100, 'DEPLOYMENT_CREATE', 'Deployments created', 15, 'nodepool? app? model? deployment', 'scale'),
  op(1101, 'DEPLOYMENT_UPDATE', 'Deployments updated', 30, 'nodepool? app? model? deployment', 'scale'),
  op(1102, 'DEPLOYMENT_DELETE', 'Deployments deleted', 8, 'nodepool? app? model? deployment', 'none'),
];

function op(
  code: number,
  name: string,
  description: string,
  weight: number,
  targets: string,
  details: DetailStyle,
): Operation {
  return { code, name, description, weight, targets: targets.split(' '), details };
}

const CODE_OF_NAME = new Map(OPERATIONS.map(({ name, code }) => [name, code]));

/** The number of an operation given as name or number; 0 for what is neither. */
export function operationCode(operation: unknown): number {
  if (typeof operation === 'number') return operation;
  return CODE_OF_NAME.get(String(operation)) ?? 0;
}
