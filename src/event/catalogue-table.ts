/**
 * One event type in one row:
 * code, name | ECS category, types | OCSF class, activity, its name, severity | Splunk CIM tags,
 * action, change type, object category, object attribute | targets (`?` may be missing, `*` the primary one).
 */
export type CatalogueRow = readonly [
  code: number,
  name: string,
  ecsCategory: string,
  ecsTypes: string,
  ocsfClass: number,
  ocsfActivity: number,
  ocsfActivityName: string,
  ocsfSeverity: number,
  cimTags: string,
  cimAction: string,
  cimChangeType: string,
  cimObjectCategory: string,
  cimObjectAttribute: string,
  targets: string,
];

/**
 * The 47 values of `EventType` in `resources.proto` of clarifai-nodejs-grpc 11.11.0, by code. `targets` are what
 * the proto's comments, the documented sample and the meaning of the operation let expect; nothing relies on them
 * but the choice of the primary target.
 */
// biome-ignore format: a table, one event type a line
export const CATALOGUE_ROWS: readonly CatalogueRow[] = [
  [100,  'ORGANIZATION_MEMBER_ADD',                'iam',           'group user change', 3006, 3,  'Add User',          2, 'change account', 'modified',     'AAA', 'user',             'organization_membership', 'user* role?'],
  [101,  'ORGANIZATION_MEMBER_CHANGE',             'iam',           'user change',       3005, 1,  'Assign Privileges', 2, 'change account', 'modified',     'AAA', 'user',             'role',                    'user* role?'],
  [102,  'ORGANIZATION_MEMBER_REMOVE',             'iam',           'group user change', 3006, 4,  'Remove User',       2, 'change account', 'modified',     'AAA', 'user',             'organization_membership', 'user* role?'],
  [103,  'ORGANIZATION_MEMBER_INVITATION_CREATE',  'iam',           'admin creation',    3004, 1,  'Create',            2, 'change',         'created',      'AAA', 'invitation',       '',                        'user? role?'],
  [104,  'ORGANIZATION_MEMBER_INVITATION_CANCEL',  'iam',           'admin deletion',    3004, 4,  'Delete',            1, 'change',         'deleted',      'AAA', 'invitation',       '',                        'user? role?'],
  [105,  'ORGANIZATION_MEMBER_INVITATION_ACCEPT',  'iam',           'group user change', 3006, 3,  'Add User',          2, 'change account', 'modified',     'AAA', 'user',             'organization_membership', 'user?* role?'],
  [106,  'ORGANIZATION_MEMBER_INVITATION_DECLINE', 'iam',           'admin change',      3004, 99, 'Decline',           1, 'change',         'modified',     'AAA', 'invitation',       '',                        'user? role?'],
  [107,  'ORGANIZATION_TEAM_CREATE',               'iam',           'group creation',    3006, 6,  'Create',            1, 'change',         'created',      'AAA', 'group',            '',                        'team*'],
  [108,  'ORGANIZATION_TEAM_UPDATE',               'iam',           'group change',      3006, 99, 'Update',            1, 'change',         'modified',     'AAA', 'group',            '',                        'team*'],
  [109,  'ORGANIZATION_TEAM_DELETE',               'iam',           'group deletion',    3006, 5,  'Delete',            2, 'change',         'deleted',      'AAA', 'group',            '',                        'team*'],
  [110,  'ORGANIZATION_TEAM_MEMBER_ADD',           'iam',           'group user change', 3006, 3,  'Add User',          2, 'change account', 'modified',     'AAA', 'user',             'group_membership',        'team user*'],
  [111,  'ORGANIZATION_TEAM_MEMBER_REMOVE',        'iam',           'group user change', 3006, 4,  'Remove User',       2, 'change account', 'modified',     'AAA', 'user',             'group_membership',        'team user*'],
  [112,  'ORGANIZATION_TEAM_APP_ADD',              'iam',           'group change',      3006, 1,  'Assign Privileges', 2, 'change',         'acl_modified', 'AAA', 'group',            'app_access',              'team* app role?'],
  [113,  'ORGANIZATION_TEAM_APP_REMOVE',           'iam',           'group change',      3006, 2,  'Revoke Privileges', 2, 'change',         'acl_modified', 'AAA', 'group',            'app_access',              'team* app role?'],
  [200,  'MODULE_CREATE',                          'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'module',           '',                        'app module*'],
  [201,  'MODULE_UPDATE',                          'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'module',           '',                        'app module*'],
  [202,  'MODULE_DELETE',                          'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'module',           '',                        'app module*'],
  [203,  'MODULE_VERSION_CREATE',                  'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'module_version',   '',                        'app module module_version*'],
  [204,  'MODULE_VERSION_UPDATE',                  'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'module_version',   '',                        'app module module_version*'],
  [205,  'MODULE_VERSION_DELETE',                  'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'module_version',   '',                        'app module module_version*'],
  [300,  'MODEL_CREATE',                           'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'model',            '',                        'app model*'],
  [301,  'MODEL_UPDATE',                           'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'model',            '',                        'app model*'],
  [302,  'MODEL_DELETE',                           'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'model',            '',                        'app model*'],
  [303,  'MODEL_VERSION_CREATE',                   'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'model_version',    '',                        'app model model_version*'],
  [304,  'MODEL_VERSION_UPDATE',                   'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'model_version',    '',                        'app model model_version*'],
  [305,  'MODEL_VERSION_DELETE',                   'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'model_version',    '',                        'app model model_version*'],
  [400,  'WORKFLOW_CREATE',                        'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'workflow',         '',                        'app workflow*'],
  [401,  'WORKFLOW_UPDATE',                        'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'workflow',         '',                        'app workflow*'],
  [402,  'WORKFLOW_DELETE',                        'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'workflow',         '',                        'app workflow*'],
  [403,  'WORKFLOW_VERSION_CREATE',                'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'workflow_version', '',                        'app workflow workflow_version*'],
  [404,  'WORKFLOW_VERSION_UPDATE',                'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'workflow_version', '',                        'app workflow workflow_version*'],
  [405,  'WORKFLOW_VERSION_DELETE',                'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'workflow_version', '',                        'app workflow workflow_version*'],
  [600,  'APPLICATION_CREATE',                     'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'app',              '',                        'app*'],
  [601,  'APPLICATION_UPDATE',                     'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'app',              '',                        'app*'],
  [602,  'APPLICATION_DELETE',                     'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'app',              '',                        'app*'],
  [700,  'COLLABORATOR_ADD',                       'iam',           'user change',       3005, 1,  'Assign Privileges', 2, 'change account', 'modified',     'AAA', 'user',             'app_access',              'app user* role?'],
  [701,  'COLLABORATOR_UPDATE',                    'iam',           'user change',       3005, 1,  'Assign Privileges', 2, 'change account', 'modified',     'AAA', 'user',             'app_access',              'app user* role?'],
  [702,  'COLLABORATOR_REMOVE',                    'iam',           'user change',       3005, 2,  'Revoke Privileges', 2, 'change account', 'modified',     'AAA', 'user',             'app_access',              'app user* role?'],
  [800,  'USER_UPDATE',                            'iam',           'user change',       3004, 3,  'Update',            1, 'change account', 'modified',     'AAA', 'user',             'profile',                 'user*'],
  [900,  'COMPUTE_CLUSTER_CREATE',                 'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'compute_cluster',  '',                        'compute_cluster*'],
  [901,  'COMPUTE_CLUSTER_DELETE',                 'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'compute_cluster',  '',                        'compute_cluster*'],
  [1000, 'NODEPOOL_CREATE',                        'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'nodepool',         '',                        'compute_cluster nodepool*'],
  [1001, 'NODEPOOL_UPDATE',                        'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'nodepool',         '',                        'compute_cluster nodepool*'],
  [1002, 'NODEPOOL_DELETE',                        'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'nodepool',         '',                        'compute_cluster nodepool*'],
  [1100, 'DEPLOYMENT_CREATE',                      'configuration', 'creation',          6003, 1,  'Create',            1, 'change',         'created',      'api', 'deployment',       '',                        'nodepool? app? model? deployment*'],
  [1101, 'DEPLOYMENT_UPDATE',                      'configuration', 'change',            6003, 3,  'Update',            1, 'change',         'modified',     'api', 'deployment',       '',                        'nodepool? app? model? deployment*'],
  [1102, 'DEPLOYMENT_DELETE',                      'configuration', 'deletion',          6003, 4,  'Delete',            2, 'change',         'deleted',      'api', 'deployment',       '',                        'nodepool? app? model? deployment*'],
];

/**
 * Event types that are another class in OCSF 1.3.0 and earlier: code, class, activity, its name. Group Management
 * needs a user or privileges there, which an operation on a team as such does not have.
 */
export const OCSF_1_3_ROWS: readonly (readonly [number, number, number, string])[] = [
  [107, 3004, 1, 'Create'],
  [108, 3004, 3, 'Update'],
  [109, 3004, 4, 'Delete'],
];
