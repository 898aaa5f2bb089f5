import { resolve } from 'node:path';
import type { Fault } from './faults.ts';
import type { ConfigFile } from './schema.ts';
import { Secret } from './secret.ts';
import { secretFromFile } from './secret-file.ts';
import type { ConnectorConfig, RecordsConfig, SinkConfig, SourceConfig, TargetFilter } from './types.ts';

/** Turns a checked file into the config. What files of secrets have wrong is added to `faults`. */
export function resolveConfig(file: ConfigFile, folder: string, faults: Fault[]): ConnectorConfig {
  const { journal, records } = file;
  const sourceIds = file.sources.map(({ id }) => id);
  const defaults: RecordsConfig = {
    pii: records.pii,
    includeOriginal: records.include_original,
    ocsfVersion: records.ocsf_version,
  };
  return {
    sources: file.sources.map((source, i) => resolveSource(source, i, folder, faults)),
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

function resolveSource(
  source: ConfigFile['sources'][number],
  i: number,
  folder: string,
  faults: Fault[],
): SourceConfig {
  const { filter, reconcile } = source;
  return {
    id: source.id,
    userId: source.user_id,
    pat: secretOf(source, i, folder, faults),
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

function secretOf(source: ConfigFile['sources'][number], i: number, folder: string, faults: Fault[]): Secret {
  if (source.pat_file === undefined) return new Secret(source.pat ?? '');
  try {
    return secretFromFile(resolve(folder, source.pat_file));
  } catch (error) {
    faults.push({ path: ['sources', i, 'pat_file'], message: (error as Error).message });
    return new Secret('');
  }
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
