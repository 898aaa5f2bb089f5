import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { secretsOf } from '../../src/config/secrets-of.ts';
import type { ConnectorConfig } from '../../src/config/types.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';

const CONFIG = join(import.meta.dirname, '..', '..', 'config');
const CANARY = 'canary-5f1d2c9e';
const DAY_MS = 86_400_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siem-export-config-'));
  writeFileSync(join(folder, 'pat'), `${CANARY}\n`);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function load(text: string, env: Record<string, string> = {}): ConnectorConfig {
  const path = join(folder, 'connector.yaml');
  writeFileSync(path, text);
  return loadConfig(path, env);
}

/** The message of a config that is refused. */
function refusal(text: string, env: Record<string, string> = {}): string {
  try {
    load(text, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectorError);
    expect((error as ConnectorError).exitCode).toBe(2);
    expect((error as ConnectorError).message).not.toContain(CANARY);
    return (error as ConnectorError).message;
  }
  throw new Error('the config was taken');
}

const SOURCE = 'sources: [{ id: acme, user_id: acme-corp, pat_file: pat }]\n';

/** A file with one source that has these keys besides the necessary ones. */
const withSource = (keys: string): string =>
  `sources: [{ id: acme, user_id: acme-corp, pat_file: pat, ${keys} }]\n`;

/** Names of all properties of a JSON Schema. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { properties?: object };
  return [
    ...Object.keys(properties),
    ...Object.values(properties).flatMap(keysOf),
    ...Object.values(rest).flatMap(keysOf),
  ];
}

describe('loadConfig', () => {
  it('fills in every default', () => {
    const config = load(`${SOURCE}sinks: [{ id: local, type: file, path: out }]`);
    expect(config.sources[0]).toMatchObject({
      baseUrl: 'https://api.clarifai.com',
      start: { kind: 'ago', ms: 90 * DAY_MS },
      schedule: '* * * * *',
      settleMs: 30_000,
      overlapMs: 900_000,
      requestsPerSecond: 15,
      pageSize: 1_000,
      filter: { operations: [], userIds: [], targets: [], success: null, sourceIps: [] },
      reconcile: { schedule: '30 3 * * *', daysBack: [1, 7, 30] },
      caFile: undefined,
    });
    expect(config.sources[0]!.pat.reveal()).toBe(CANARY);
    expect(config).toMatchObject({
      journal: {
        type: 'directory',
        path: join(folder, 'data'),
        retentionMs: 45 * DAY_MS,
        maxBytes: 10 * 2 ** 30,
      },
      drainTimeoutMs: 300_000,
      server: { host: '127.0.0.1', port: 9464 },
      log: { level: 'info', format: 'json' },
    });
    expect(config.sinks).toEqual([
      {
        id: 'local',
        type: 'file',
        path: join(folder, 'out'),
        sources: ['acme'],
        from: 'earliest',
        format: 'ecs',
        records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
        batch: { maxRecords: 1_000, maxBytes: 5 * 2 ** 20, maxWaitMs: 5_000 },
      },
    ]);
  });

  it('the example shows every default, and needs only its user id and PAT file changed', () => {
    const example = readFileSync(join(CONFIG, 'connector.example.yaml'), 'utf8').replace('../pat', 'pat');
    const shown = load(example);
    const minimal = load(`${SOURCE}sinks: [{ id: local, type: file, path: out }]`);
    expect(JSON.parse(JSON.stringify(shown))).toEqual(JSON.parse(JSON.stringify(minimal)));
  });

  it('the example shows every key of the schema', () => {
    const example = readFileSync(join(CONFIG, 'connector.example.yaml'), 'utf8');
    const keys = keysOf(configJsonSchema());
    expect(keys.length).toBeGreaterThan(40);
    expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(example))).toEqual([]);
  });

  it('connector.schema.json is what config-schema prints', () => {
    const stored = JSON.parse(readFileSync(join(CONFIG, 'connector.schema.json'), 'utf8'));
    expect(stored).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it('tells all faults at once, each with its path', () => {
    const message = refusal(`sources:
  - id: Acme
    user_id: ""
    pat_file: pat
    settel: 30s
    page_size: 5000
journal: { retention: 3d }
sinks:
  - { id: x, type: file, path: ./data/x, sources: [nope] }
  - { id: x, type: stdout, format: xml }
`);
    for (const path of [
      'line 2: sources[0].id must be 1 to 40',
      'line 3: sources[0].user_id must be a user id',
      'line 5: sources[0].settel is no known key: did you mean settle?',
      'line 6: sources[0].page_size must be a whole number from 1 to 1000',
      'line 7: journal.retention must be at least 32d',
      'line 9: sinks[0].sources[0] is no id of a source',
      'line 9: sinks[0].path and journal.path lie in one another',
      'line 10: sinks[1].id is taken',
      'line 10: sinks[1].format must be ecs, ocsf or raw',
    ]) {
      expect(message).toContain(path);
    }
    expect(message).toContain('these 9 things are wrong');
  });

  it.each([
    ['pat: x', 'pat_file stands beside pat'],
    ['settle: 30', 'settle must be a duration'],
    ['settle: 2d', 'settle must be from 0s to 1d'],
    ['overlap: 0s', 'overlap must be from 1s'],
    ['schedule: "61 * * * *"', 'schedule is no cron expression'],
    ['requests_per_second: 0', 'requests_per_second must be a number'],
    ['start: yesterday', 'start is no time'],
    ['start: -5', 'start'],
    ['base_url: http://api.clarifai.com', 'base_url must be https'],
    ['base_url: https://user:secret@api.clarifai.com', 'base_url must hold no credentials'],
    ['base_url: https://api.clarifai.com/?a=b', 'base_url must have no query'],
    ['filter: { operations: [MODEL_CRAETE] }', 'the nearest is MODEL_CREATE'],
    ['filter: { targets: [{ app: { id: x }, user: { id: y } }] }', 'filter.targets[0] must have one key'],
    ['filter: { success: maybe }', 'filter.success must be true, false or null'],
    ['reconcile: true', 'reconcile must be a mapping (key: value), or false'],
    ['reconcile: { days_back: [0] }', 'reconcile.days_back[0] must be a whole number'],
    ['reconcile: { day_back: [1] }', 'reconcile.day_back is no known key: did you mean days_back?'],
  ])('refuses a source with %s', (keys, words) => {
    expect(refusal(withSource(keys))).toContain(words);
  });

  it.each([
    ['sources: []', 'sources must name at least one source'],
    ['[]', 'the file must be a mapping'],
    ['', 'the file is empty'],
    [`${SOURCE}sinks: [{ id: a, type: fiel, path: x }]`, 'sinks[0].type must be one of file, stdout, s3'],
    [`${SOURCE}journal: { type: s3 }`, 'journal.type s3 is not in this version'],
    [`${SOURCE}journal: { max_bytes: 1MiB }`, 'journal.max_bytes must be at least 64MiB'],
    [`${SOURCE}server: { port: 70000 }`, 'server.port must be a whole number'],
    [`${SOURCE}sinks: [{ id: a, type: stdout }, { id: b, type: stdout }]`, 'is the second stdout'],
    [
      `${SOURCE}sinks: [{ id: a, type: file, path: o }, { id: b, type: file, path: ./o }]`,
      'is the folder of another sink',
    ],
    ['sources: [{ id: deadletters, user_id: u, pat: x }]', 'must not be one of'],
    ['sources: [{ id: a, user_id: u }]', 'pat_file is missing'],
    ['sources: [{ id: a, user_id: u, pat_file: nowhere }]', 'cannot be read (ENOENT)'],
    ['sources: [{ id: a, user_id: u, pat: "two words" }]', 'pat must be one line of visible ASCII'],
    [`${SOURCE}sinks: []\nsinks: []`, 'line 3, column 1'],
    ['sources: [', 'line 1'],
    ['sources: [{ id: a, user_id: "${NOT_SET}", pat: x }]', 'environment variable NOT_SET, which is not set'],
  ])('refuses %j', (text, words) => {
    expect(refusal(text)).toContain(words);
  });

  it.each([
    ['type: s3', 'bucket is missing'],
    ['type: s3, bucket: "a/b"', 'bucket must be the name of a bucket'],
    ['type: s3, bucket: audit, prefix: /a', 'prefix must be at most 512'],
    ['type: s3, bucket: audit, roll: daily', 'roll must be each, or a mapping'],
    ['type: s3, bucket: audit, access_key_id: x', 'access_key_id and secret_access_key_file'],
    ['type: s3, bucket: audit, kms_key_id: x', 'kms_key_id needs sse: aws:kms'],
    [
      'type: s3, bucket: audit, endpoint: "http://minio:9000"',
      'endpoint must be https: http is for loopback',
    ],
    ['type: s3, bucket: audit, object_lock: { mode: SOFT, days: 1 }', 'object_lock.mode must be COMPLIANCE'],
    ['type: elasticsearch', 'nodes or cloud_id must be given'],
    ['type: elasticsearch, nodes: []', 'nodes must name at least one node'],
    ['type: elasticsearch, nodes: ["https://u:p@es"]', 'nodes[0] must hold no credentials'],
    ['type: elasticsearch, nodes: ["https://es"], cloud_id: x', 'nodes or cloud_id must be given, not both'],
    ['type: elasticsearch, nodes: ["https://es"], format: ocsf', 'format must be ecs'],
    ['type: elasticsearch, nodes: ["https://es"], namespace: A-B', 'namespace must be 1 to 100'],
    ['type: elasticsearch, nodes: ["https://es"], username: x', 'username and password_file'],
    [
      'type: elasticsearch, nodes: ["https://es"], username: x, password: y, api_key: z',
      'api_key stands beside username',
    ],
    [
      'type: elasticsearch, nodes: ["https://es"], api_key: z, api_key_file: pat',
      'api_key_file stands beside api_key',
    ],
    ['type: elasticsearch, nodes: ["https://es"], api_key_file: nowhere', 'cannot be read (ENOENT)'],
    ['type: elasticsearch, nodes: ["https://es"], retention: 9d, ilm_policy: x', 'stands beside retention'],
    ['type: opensearch, nodes: ["https://os"], aws_region: x, username: y, password: z', 'sign in one way'],
    ['type: opensearch', 'nodes is missing'],
    ['type: splunk_hec, url: "https://s:8088"', 'token_file is missing'],
    ['type: splunk_hec, url: "http://s:8088", token: x', 'url must be https'],
    ['type: splunk_hec, url: "https://s:8088", token: x, index: A', 'index must be small letters'],
  ])('refuses a sink with %s', (keys, words) => {
    expect(refusal(`${SOURCE}sinks: [{ id: a, ${keys} }]`)).toContain(words);
  });

  it('takes every kind of sink, its secret from its file or inline', () => {
    writeFileSync(join(folder, 'key'), 'k-1\n');
    const { sinks } = load(`${SOURCE}sinks:
  - { id: a, type: elasticsearch, nodes: ["https://es:9200/"], api_key_file: key, retention: 365d, ca_file: ca.pem }
  - { id: b, type: opensearch, nodes: ["https://os"], username: u, password: p-1 }
  - { id: c, type: s3, bucket: audit, roll: each, access_key_id: i, secret_access_key_file: key }
  - { id: d, type: splunk_hec, url: "https://splunk:8088", token_file: key, acknowledge: true }
  - { id: e, type: opensearch, nodes: ["https://os"], aws_region: eu-central-1 }
`);
    // biome-ignore lint/suspicious/noExplicitAny: looked at member by member
    const [a, b, c, d, e] = sinks as any[];
    expect(a).toMatchObject({
      type: 'elasticsearch',
      nodes: ['https://es:9200'],
      retentionMs: 365 * 86_400_000,
    });
    expect(a.auth.apiKey.reveal()).toBe('k-1');
    expect(a.caFile).toMatch(/^\/.*ca\.pem$/);
    expect(b.auth).toMatchObject({ kind: 'basic', username: 'u' });
    expect(b.auth.password.reveal()).toBe('p-1');
    expect(c).toMatchObject({ roll: 'each', region: 'us-east-1', prefix: '', forcePathStyle: false });
    expect(c.credentials.secretAccessKey.reveal()).toBe('k-1');
    expect(d).toMatchObject({ acknowledge: true, acknowledgeTimeoutMs: 300_000, maxRequestBytes: 1_000_000 });
    expect(d.token.reveal()).toBe('k-1');
    expect(e.auth).toEqual({ kind: 'sigv4', region: 'eu-central-1' });
    expect(JSON.stringify(sinks)).not.toMatch(/k-1|p-1/);
    expect(
      secretsOf(load(`${SOURCE}sinks: [{ id: d, type: splunk_hec, url: "https://s", token: t-1 }]`)).map(
        (each) => each.reveal(),
      ),
    ).toContain('t-1');
  });

  it('a missing file says how to make one', () => {
    expect(() => loadConfig(join(folder, 'none.yaml'), {})).toThrow(/Copy config\/connector\.example\.yaml/);
  });

  it('takes variables from the environment, and leaves what they hold alone', () => {
    const config = load('sources: [{ id: a, user_id: "$${X}-${USER_NAME}", pat: "${PAT}" }]', {
      USER_NAME: '${PAT}',
      PAT: 'secret',
    });
    expect(config.sources[0]!.userId).toBe('${X}-${PAT}');
    expect(config.sources[0]!.pat.reveal()).toBe('secret');
  });

  it('never shows a secret, wherever it was put', () => {
    const places = [
      `sources: [{ id: a, user_id: u, pat: "${CANARY} x" }]`,
      'sources: [{ id: "${PAT}", user_id: u, pat: x, settle: "${PAT}", start: "${PAT}", base_url: "${PAT}" }]',
      withSource('filter: { operations: ["${PAT}"] }, schedule: "${PAT}", page_size: "${PAT}"'),
      `${SOURCE}journal: { path: ./data, retention: "\${PAT}", type: "\${PAT}" }\nlog: { level: "\${PAT}" }`,
    ];
    for (const text of places) refusal(text, { PAT: CANARY });
    const config = load(SOURCE);
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain(CANARY);
  });

  it('reads a PAT file again when it is asked to', () => {
    const { pat } = load(SOURCE).sources[0]!;
    expect(pat.refresh()).toBe(false);
    writeFileSync(join(folder, 'pat'), 'rotated');
    expect(pat.refresh()).toBe(true);
    expect(pat.reveal()).toBe('rotated');
  });

  it('a sink overrides the defaults of records', () => {
    const config = load(
      `${SOURCE}records: { pii: names }\nsinks: [{ id: a, type: stdout, records: { include_original: true } }]`,
    );
    expect(config.sinks[0]!.records).toEqual({ pii: 'names', includeOriginal: true, ocsfVersion: '1.8.0' });
  });

  it('is JSON, too', () => {
    expect(load(JSON.stringify({ sources: [{ id: 'a', user_id: 'u', pat: 'p' }] })).sources).toHaveLength(1);
  });
});
