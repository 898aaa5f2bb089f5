import { z } from 'zod';
import { duration, list, secretText, sinkUrl, text } from './scalars.ts';
import {
  caFile,
  type EverySink,
  everySink,
  resolveCommon,
  resolvePath,
  type SinkContext,
} from './sink-common.ts';
import { strict } from './strict.ts';
import type { ElasticsearchSinkConfig, OpenSearchSinkConfig, SearchAuth } from './types.ts';

const common = {
  ...everySink,
  format: z
    .literal('ecs', { error: 'must be ecs: the data stream is mapped for it' })
    .prefault('ecs')
    .describe('Record format: ecs.'),
  namespace: z
    .string({ error: 'must be a namespace, as text' })
    .regex(/^[a-z0-9][a-z0-9_.-]{0,99}$/, { error: 'must be 1 to 100 of a-z, 0-9, _, . and -' })
    .prefault('default')
    .describe('The data stream is logs-clarifai.audit-<namespace>. Default: default.'),
  username: text('a user name').optional().describe('User for basic authentication.'),
  password: secretText.optional().describe('Password of username. Better: password_file.'),
  password_file: text('a path').optional().describe('File that holds it. Read again when it changes.'),
  ca_file: caFile,
};

const nodes = list(sinkUrl).min(1, { error: 'must name at least one node' });

/** `type: elasticsearch`. */
export const elasticsearchSink = strict({
  type: z.literal('elasticsearch').describe('A data stream of Elasticsearch 8.19 or 9.'),
  ...common,
  nodes: nodes.optional().describe('URLs of nodes, or of what balances load before them; or cloud_id.'),
  cloud_id: text('a cloud id').optional().describe('Id of an Elastic Cloud deployment, in place of nodes.'),
  api_key: secretText.optional().describe('API key, as Elasticsearch encodes it. Better: api_key_file.'),
  api_key_file: text('a path')
    .optional()
    .describe('File that holds the API key. Read again when it changes.'),
  retention: duration('1d', '36500d')
    .optional()
    .describe('setup: how long Elasticsearch keeps the data. Default: as the cluster decides.'),
  ilm_policy: text('a name')
    .optional()
    .describe('setup: an ILM policy of yours for the data stream, in place of retention.'),
});

/** `type: opensearch`. */
export const openSearchSink = strict({
  type: z.literal('opensearch').describe('A data stream of OpenSearch 2.19 or 3.'),
  ...common,
  nodes: nodes.describe('URLs of nodes, or of what balances load before them.'),
  aws_region: text('a region')
    .optional()
    .describe('Region of an Amazon OpenSearch Service domain: requests are signed (SigV4).'),
});

/** As the file says it, checked. */
export type ElasticsearchFile = z.output<typeof elasticsearchSink>;
/** As the file says it, checked. */
export type OpenSearchFile = z.output<typeof openSearchSink>;

/** Resolves `type: elasticsearch`. */
export function resolveElasticsearch(sink: ElasticsearchFile, context: SinkContext): ElasticsearchSinkConfig {
  return {
    ...resolveCommon(sink as EverySink, context),
    type: 'elasticsearch',
    nodes: sink.nodes ?? [],
    cloudId: sink.cloud_id,
    namespace: sink.namespace,
    auth: authOf(sink, context),
    caFile: resolvePath(context.folder, sink.ca_file),
    retentionMs: sink.retention,
    ilmPolicy: sink.ilm_policy,
  };
}

/** Resolves `type: opensearch`. */
export function resolveOpenSearch(sink: OpenSearchFile, context: SinkContext): OpenSearchSinkConfig {
  const { aws_region: region } = sink;
  return {
    ...resolveCommon(sink as EverySink, context),
    type: 'opensearch',
    nodes: sink.nodes,
    namespace: sink.namespace,
    auth: region === undefined ? authOf(sink, context) : { kind: 'sigv4', region },
    caFile: resolvePath(context.folder, sink.ca_file),
  };
}

function authOf({ username }: { username?: string | undefined }, context: SinkContext): SearchAuth {
  const apiKey = context.secret('api_key');
  if (apiKey !== undefined) return { kind: 'api_key', apiKey };
  const password = context.secret('password');
  if (username === undefined || password === undefined) return { kind: 'none' };
  return { kind: 'basic', username, password };
}
