import { OPERATIONS, TARGET_KINDS } from '../../src/event/catalogue.ts';
import { createMapper } from '../../src/record/formats.ts';
import type { MappedRecord, PiiMode, RecordContext, RecordOptions } from '../../src/record/record.ts';

/** An event id as the connector makes them. */
export const ID = '0123456789abcdef'.repeat(4);

export const context: RecordContext = {
  id: ID,
  source: 'acme',
  userId: 'acme-corp',
  readTime: '2025-01-18T00:00:00.000Z',
};

export const PII_MODES: readonly PiiMode[] = ['minimal', 'names', 'full'];

/** Every format and version, as `createMapper` takes them. */
export const FORMATS = [
  ['raw', '1.8.0'],
  ['ecs', '1.8.0'],
  ['ocsf', '1.8.0'],
  ['ocsf', '1.3.0'],
] as const;

export function options(change: Partial<RecordOptions> = {}): RecordOptions {
  return { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0', ...change };
}

/** A person with every field that a privacy mode may show or must hide. */
export function person(id: string): Record<string, unknown> {
  return {
    id,
    first_name: 'Ada',
    last_name: `Lovelace-${id}`,
    company_name: 'Analytical Engines',
    job_title: 'Countess',
    job_role: 'Researcher',
    primary_email: `${id}@example.com`,
    metadata: { hidden: 'user-metadata' },
    created_at: '2023-01-01T00:00:00Z',
  };
}

/** One target of each kind, and one of a kind that nobody knows. */
export const TARGETS: Readonly<Record<string, Record<string, unknown>>> = {
  user: { user: person('bob') },
  role: { role: { id: 'org-admin', name: 'Administrator', scopes: ['All'] } },
  team: { team: { id: 'red', name: 'Red team' } },
  app: { app: { id: 'app-1', name: 'App one', user_id: 'acme-corp', metadata: { hidden: 'app-metadata' } } },
  module: { module: { id: 'mod-1', app_id: 'app-1', user_id: 'acme-corp' } },
  module_version: { module_version: { id: 'v1', module_id: 'mod-1', app_id: 'app-1', user_id: 'acme-corp' } },
  workflow: { workflow: { id: 'wf-1', app_id: '', user_id: 'acme-corp', use_cases: [] } },
  workflow_version: { workflow_version: { id: 'v2', workflow_id: 'wf-1', app_id: 'app-1' } },
  model: { model: { id: 'model-1', name: 'Model one', app_id: 'app-1', user_id: 'acme-corp' } },
  model_version: { model_version: { id: 'v3', app_id: 'app-1', user_id: 'acme-corp' } },
  compute_cluster: {
    compute_cluster: { id: 'cc-1', user_id: 'acme-corp', key: { id: 'cluster-key-secret' } },
  },
  nodepool: { nodepool: { id: 'np-1', compute_cluster: { id: 'cc-1', key: { id: 'cluster-key-secret' } } } },
  deployment: { deployment: { id: 'dep-1', user_id: 'acme-corp' } },
  dataset: { dataset: { id: 'ds-1', app_id: 'app-1', user_id: 'acme-corp' } },
};

/** A whole entry; `change` replaces fields, `undefined` removes them. */
export function entry(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    timestamp: '2025-01-17T12:31:35.449860Z',
    user: person('alice'),
    operation: 300,
    description: 'Models created',
    targets: [TARGETS.app, TARGETS.model],
    details: ['Changed the notes', 'Added a toolkit'],
    success: true,
    req_id: 'req-1',
    source_ip: '203.0.113.7',
    ...change,
  };
}

/** Sets of targets in which an event type may come: as expected, reversed, none, the same kind twice, every kind. */
export function targetSets(code: number): Record<string, unknown>[][] {
  const expected = OPERATIONS.find((each) => each.code === code)?.targets ?? [];
  const usual = expected.map(({ kind }) => TARGETS[kind]!);
  const needed = expected.filter(({ optional }) => !optional).map(({ kind }) => TARGETS[kind]!);
  const all = [...TARGET_KINDS.map((kind) => TARGETS[kind]!), TARGETS.dataset!];
  return [usual, usual.toReversed(), needed, [], [...usual, ...usual], all, all.toReversed()];
}

/** The record of an entry. */
export function map(
  format: 'raw' | 'ecs' | 'ocsf',
  value: unknown,
  change: Partial<RecordOptions> = {},
  count?: (what: string) => void,
): MappedRecord {
  return createMapper(format, options(change), count)(Buffer.from(JSON.stringify(value)), true, context);
}

// biome-ignore lint/suspicious/noExplicitAny: records are looked into by path
export type Json = any;

/** The record of an entry, parsed. */
export function record(
  format: 'raw' | 'ecs' | 'ocsf',
  value: unknown,
  change: Partial<RecordOptions> = {},
): Json {
  return JSON.parse(map(format, value, change).line);
}

/** What was counted while an entry was mapped, sorted. */
export function counted(value: unknown, format: 'ecs' | 'ocsf' = 'ecs'): string[] {
  const whats: string[] = [];
  map(format, value, {}, (what) => whats.push(what));
  return whats.sort();
}
