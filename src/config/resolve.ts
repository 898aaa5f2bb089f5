import { resolve } from 'node:path';
import type { ConfigFile } from './schema.ts';
import { Secret } from './secret.ts';
import type { ConnectorConfig, RecordsConfig, SinkConfig, SourceConfig, TargetFilter } from './types.ts';

/** Turns a checked file into the config. `pats`: the PATs that are kept in files, by index of the source. */
export function resolveConfig(
  file: ConfigFile,
  folder: string,
  pats: ReadonlyMap<number, Secret>,
): ConnectorConfig {
  const { journal, records } = file;
  const sourceIds = file.sources.map(({ id }) => id);
  const defaults: RecordsConfig = {
    pii: records.pii,
    includeOriginal: records.include_original,
    ocsfVersion: records.ocsf_version,
  };
  return {
    sources: file.sources.map((source, i) =>
      resolveSource(source, pats.get(i) ?? new Secret(source.pat ?? ''), folder),
    ),
    journal: {
      type: journal.type,
      path: resolve(folder, journal.path),
      retentionMs: journal.retention,
      maxBytes: journal.max_bytes,
    },
    sinks: file.sinks.map((sink) => resolveSink(sink, sourceIds, defaults, folder)),
    drainTimeoutMs: file.drain_timeout,
    server: file.server,
    log: file.log,
  };
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

function resolveSink(
  sink: ConfigFile['sinks'][number],
  sourceIds: readonly string[],
  defaults: RecordsConfig,
  folder: string,
): SinkConfig {
  const { records, batch } = sink;
  const common = {
    id: sink.id,
    sources: sink.sources ?? sourceIds,
    from: sink.from,
    format: sink.format,
    records: {
      pii: records.pii ?? defaults.pii,
      includeOriginal: records.include_original ?? defaults.includeOriginal,
      ocsfVersion: records.ocsf_version ?? defaults.ocsfVersion,
    },
    batch: { maxRecords: batch.max_records, maxBytes: batch.max_bytes, maxWaitMs: batch.max_wait },
  };
  return sink.type === 'file'
    ? { ...common, type: 'file', path: resolve(folder, sink.path) }
    : { ...common, type: 'stdout' };
}
