import { createHash } from 'node:crypto';
import { TARGET_KINDS } from '../event/catalogue.ts';

/** Who made a template: `_meta.managed_by`. A template without it is somebody else's and is not touched. */
export const MANAGED_BY = 'clarifai-siem-export';

/** Component template that is left to the operator: Elasticsearch applies it last when it is there. */
export const CUSTOM_TEMPLATE = 'clarifai-audit@custom';

const MAPPINGS_TEMPLATE = 'clarifai-audit@mappings';
const SETTINGS_TEMPLATE = 'clarifai-audit@settings';

/** Above the templates that Elasticsearch (100) and Fleet (200) bring for `logs-*-*`. */
const PRIORITY = 250;

/** One template that `setup` puts in place. */
export interface SearchTemplate {
  readonly kind: 'component template' | 'index template';
  readonly name: string;
  /** As its API takes it; `_meta` says who made it, and has the hash of the rest. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What of a sink's config its templates depend on. */
export interface TemplateOptions {
  readonly flavour: 'elasticsearch' | 'opensearch';
  /** `logs-clarifai.audit-<namespace>`. */
  readonly stream: string;
  /** Data stream lifecycle; undefined: as the cluster decides. Elasticsearch only. */
  readonly retentionMs?: number | undefined;
  /** ILM policy; undefined: none. Elasticsearch only. */
  readonly ilmPolicy?: string | undefined;
}

/** A keyword of the server's usual length. */
const keyword = { type: 'keyword', ignore_above: 1_024 };
/** Long text: 8,191 characters of 4 bytes stay below 32,766 bytes, where a keyword makes the server refuse a document. */
const longKeyword = { type: 'keyword', ignore_above: 8_191 };
/** Kept in `_source`, not searched. */
const stored = { type: 'keyword', index: false, doc_values: false, ignore_above: 1 };
const group = { properties: { id: keyword, name: keyword } };
const person = { id: keyword, name: keyword, full_name: keyword, email: keyword };

/** Kinds of target that have an array of ids: the others have places of their own in ECS. */
const ID_KINDS = TARGET_KINDS.filter((kind) => !['user', 'role', 'team'].includes(kind));

function auditProperties(flavour: TemplateOptions['flavour']): Record<string, unknown> {
  const ids = ID_KINDS.map((kind) => [kind, { properties: { id: keyword } }]);
  return {
    source: keyword,
    operation: keyword,
    // Outside of 1970 to 2262 it has no value here; @timestamp has one.
    timestamp: { type: 'date_nanos', ignore_malformed: true },
    timestamp_original: keyword,
    req_id: keyword,
    description: longKeyword,
    details: longKeyword,
    actor: { properties: { company_name: keyword, job_title: keyword, job_role: keyword } },
    targets:
      flavour === 'elasticsearch' ? { type: 'flattened', ignore_above: 8_191 } : { type: 'flat_object' },
    ...Object.fromEntries(ids),
    original_base64: stored,
  };
}

/** The mapping of an ECS record (docs/mapping.md); field types are those of ECS 9.4.0. */
export function searchMappings(flavour: TemplateOptions['flavour']): Record<string, unknown> {
  return {
    _meta: { managed_by: MANAGED_BY },
    dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: keyword } }],
    properties: {
      '@timestamp': { type: 'date' },
      message: { type: 'text' },
      tags: keyword,
      event: {
        properties: {
          kind: keyword,
          module: keyword,
          dataset: keyword,
          action: keyword,
          code: keyword,
          category: keyword,
          type: keyword,
          outcome: keyword,
          id: keyword,
          created: { type: 'date' },
          original: stored,
        },
      },
      error: { properties: { message: { type: 'text' } } },
      user: {
        properties: { ...person, target: { properties: { ...person, roles: keyword, group } } },
      },
      group,
      source: { properties: { ip: { type: 'ip' }, address: keyword } },
      related: { properties: { ip: { type: 'ip' }, user: keyword } },
      http: { properties: { request: { properties: { id: keyword } } } },
      organization: { properties: { id: keyword } },
      observer: { properties: { vendor: keyword } },
      ecs: { properties: { version: keyword } },
      data_stream: { properties: { type: keyword, dataset: keyword } },
      clarifai: {
        dynamic: false,
        properties: { audit: { properties: auditProperties(flavour) } },
      },
    },
  };
}

/** The templates of a sink, in the order in which they must be put. */
export function searchTemplates(options: TemplateOptions): readonly SearchTemplate[] {
  const { flavour, stream, retentionMs, ilmPolicy } = options;
  const elastic = flavour === 'elasticsearch';
  const custom = elastic
    ? {
        composed_of: [MAPPINGS_TEMPLATE, SETTINGS_TEMPLATE, CUSTOM_TEMPLATE],
        ignore_missing_component_templates: [CUSTOM_TEMPLATE],
      }
    : { composed_of: [MAPPINGS_TEMPLATE, SETTINGS_TEMPLATE] };
  const template = {
    ...(ilmPolicy === undefined ? {} : { settings: { 'index.lifecycle.name': ilmPolicy } }),
    ...(retentionMs === undefined
      ? {}
      : { lifecycle: { data_retention: `${Math.floor(retentionMs / 1000)}s` } }),
  };
  return [
    made('component template', MAPPINGS_TEMPLATE, { template: { mappings: searchMappings(flavour) } }),
    made('component template', SETTINGS_TEMPLATE, {
      template: { settings: { 'index.codec': 'best_compression' } },
    }),
    made('index template', stream, {
      index_patterns: [stream],
      data_stream: {},
      priority: PRIORITY,
      ...custom,
      ...(Object.keys(template).length === 0 ? {} : { template }),
    }),
  ];
}

function made(
  kind: SearchTemplate['kind'],
  name: string,
  rest: Readonly<Record<string, unknown>>,
): SearchTemplate {
  const hash = createHash('sha256').update(JSON.stringify(rest)).digest('hex');
  return { kind, name, body: { ...rest, _meta: { managed_by: MANAGED_BY, hash } } };
}
