/**
 * An answer in the manner of the one in Clarifai's documentation: newest first, ten entries of which each two share
 * a `req_id`, operations as numbers, microseconds, empty strings and empty arrays in users and targets, addresses
 * of the loopback. Pretty-printed, so its entries hold line ends between tokens.
 *
 * @returns the same bytes at every call, in a buffer of its own
 */
export function sampleAnswer(): Buffer {
  return Buffer.from(
    JSON.stringify({ status: STATUS, entries: REQUESTS.flatMap(entriesOf).reverse() }, undefined, 2),
  );
}

interface SampleRequest {
  readonly reqId: string;
  /** Second of the first entry. */
  readonly second: string;
  /** Microseconds of each entry. */
  readonly micros: readonly string[];
  /** Operation and targets of each entry. */
  readonly logged: readonly (readonly [operation: number, description: string, targets: readonly object[]])[];
}

const STATUS = { code: 10_000, description: 'Ok', req_id: '7b0f1c3ad94e4f0e8a25d16c9be83f57' };

const USER = {
  id: 'acme-admin',
  first_name: 'Acme',
  last_name: 'Admin',
  company_name: '',
  job_title: '',
  job_role: '',
  intention: '',
  referral_source: '',
  created_at: '2024-04-02T09:12:45.120394Z',
  user_detail: { primary_email: '', email_addresses: [] },
};

const APP = { app: { id: 'demo-app', name: '', default_language: '', user_id: '' } };
const MODEL = { model: { id: 'demo-model', name: '', app_id: '', user_id: '', use_cases: [], toolkits: [] } };

const workflow = (id: string) => ({ workflow: { id, app_id: '', user_id: '', use_cases: [] } });
const version = (id: string) => ({ workflow_version: { id, workflow_id: '', app_id: '', user_id: '' } });
const workflowLog = (id: string, versionId: string): SampleRequest['logged'] => [
  [400, 'Workflows created', [APP, workflow(id)]],
  [403, 'Workflow versions created', [APP, workflow(id), version(versionId)]],
];

const REQUESTS: readonly SampleRequest[] = [
  {
    reqId: '0c4e1d5f0b7a4f6f9d3c2a1b8e7f6051',
    second: '2024-05-20T13:41:07',
    micros: ['118204', '503117'],
    logged: [
      [600, 'Applications created', [APP]],
      [400, 'Workflows created', [APP, workflow('universal')]],
    ],
  },
  {
    reqId: '1d5f2e6a1c8b4a7a8e4d3b2c9f806162',
    second: '2024-05-20T13:42:30',
    micros: ['006711', '009482'],
    logged: [
      [300, 'Models created', [MODEL, APP]],
      [303, 'Model versions created', [{ model_version: { id: '5f1c', app_id: '' } }, MODEL, APP]],
    ],
  },
  {
    reqId: '2e6a3f7b2d9c4b8b9f5e4c3d0a917273',
    second: '2024-05-20T13:44:12',
    micros: ['740035', '741902'],
    logged: workflowLog('detect', '91d2a7'),
  },
  {
    reqId: '3f7b4a8c3e0d4c9c8a6f5d4e1b028384',
    second: '2024-05-20T13:44:58',
    micros: ['200417', '202250'],
    logged: workflowLog('moderate', '0be4c1'),
  },
  {
    reqId: '4a8c5b9d4f1e4d0d9b7a6e5f2c139495',
    second: '2024-05-20T13:47:21',
    micros: ['911006', '912771'],
    logged: workflowLog('summarise', 'c7305f'),
  },
];

function entriesOf(request: SampleRequest): object[] {
  return request.logged.map(([operation, description, targets], index) => ({
    timestamp: `${request.second}.${request.micros[index]}Z`,
    user: USER,
    operation,
    description,
    targets,
    details: [],
    success: true,
    req_id: request.reqId,
    source_ip: '127.0.0.1',
  }));
}
