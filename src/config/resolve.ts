import { resolve } from 'node:path';
import type { ConfigFile } from './schema.ts';
import { Secret } from './secret.ts';
import type { FileSecrets } from './secret-file.ts';
import { resolveCommon, type SinkContext } from './sink-common.ts';
import { resolveS3 } from './sink-s3.ts';
import { resolveElasticsearch, resolveOpenSearch } from './sink-search.ts';
import { resolveSplunkHec } from './sink-splunk-hec.ts';
import type { ConnectorConfig, RecordsConfig, SinkConfig, SourceConfig, TargetFilter } from './types.ts';

/** Turns a checked file into the config. `secrets`: those that are kept in files. */
export function resolveConfig(file: ConfigFile, folder: string, secrets: FileSecrets): ConnectorConfig {
  const { journal, records } = file;
  const sourceIds = file.sources.map(({ id }) => id);
  const defaults: RecordsConfig = {
    pii: records.pii,
    includeOriginal: records.include_original,
    ocsfVersion: records.ocsf_version,
  };
  return {
    sources: file.sources.map((source, i) =>
      resolveSource(source, secretOf(secrets, 'sources', i, source, 'pat') ?? new Secret(''), folder),
    ),
    journal: {
      type: journal.type,
      path: resolve(folder, journal.path),
      retentionMs: journal.retention,
      maxBytes: journal.max_bytes,
    },
    sinks: file.sinks.map((sink, i) =>
      resolveSink(sink, {
        sourceIds,
        records: defaults,
        folder,
        secret: (key) => secretOf(secrets, 'sinks', i, sink, key),
      }),
    ),
    drainTimeoutMs: file.drain_timeout,
    server: file.server,
    log: file.log,
  };
}

/** The secret `key` of an item, from its file or as it stands there. */
function secretOf(
  secrets: FileSecrets,
  list: string,
  index: number,
  item: object,
  key: string,
): Secret | undefined {
  const inline = (item as Readonly<Record<string, unknown>>)[key];
  return (
    secrets.get(`${list}.${index}.${key}`) ?? (typeof inline === 'string' ? new Secret(inline) : undefined)
  );
}

function resolveSource(source: ConfigFile['sources'][number], pat: Secret, folder: string): SourceConfig {
  const { filter, reconcile } = source;
  return {
    id: source.id,
    userId: source.user_id,
    pat,
    baseUrl: source.base_url,
    start: source.start,
    schedule: source.schedule,
    settleMs: source.settle,
    overlapMs: source.overlap,
    requestsPerSecond: source.requests_per_second,
    pageSize: source.page_size,
    filter: {
      operations: filter.operations,
      userIds: filter.user_ids,
      targets: filter.targets as TargetFilter[],
      success: filter.success,
      sourceIps: filter.source_ips,
    },
    reconcile: reconcile === false ? false : { schedule: reconcile.schedule, daysBack: reconcile.days_back },
    caFile: source.ca_file === undefined ? undefined : resolve(folder, source.ca_file),
  };
}

type SinkFile = ConfigFile['sinks'][number];

function resolveSink(sink: SinkFile, context: SinkContext): SinkConfig {
  switch (sink.type) {
    case 'file':
      return { ...resolveCommon(sink, context), type: 'file', path: resolve(context.folder, sink.path) };
    case 'stdout':
      return { ...resolveCommon(sink, context), type: 'stdout' };
    case 's3':
      return resolveS3(sink, context);
    case 'elasticsearch':
      return resolveElasticsearch(sink, context);
    case 'opensearch':
      return resolveOpenSearch(sink, context);
    case 'splunk_hec':
      return resolveSplunkHec(sink, context);
  }
}
