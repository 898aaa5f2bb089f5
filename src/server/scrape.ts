import type { LiveStatus } from '../connector/live-status.ts';
import { notReady } from '../connector/problems.ts';
import type { SinkStatus, SourceStatus } from '../connector/status.ts';
import type { SpanSet } from '../event/span-set.ts';
import { totalLength } from '../event/span-set.ts';
import { SINK_STATES } from '../runtime/metric-table.ts';
import type { Metrics } from '../runtime/metrics.ts';

/** What the process takes of the machine. */
export interface ProcessUsage {
  readonly residentBytes: number;
  /** User and system time since the start. */
  readonly cpuSeconds: number;
}

/** Sets all gauges that are computed for a scrape, from `status`. */
export function setGauges(metrics: Metrics, status: LiveStatus, version: string, usage?: ProcessUsage): void {
  const { store } = status;
  metrics.gauge('clarifai_siem_ready', notReady(status).length === 0 ? 1 : 0);
  metrics.gauge('clarifai_siem_build_info', 1, { version });
  metrics.gauge('process_start_time_seconds', status.startedMs / 1000);
  if (usage !== undefined) metrics.gauge('process_resident_memory_bytes', usage.residentBytes);
  if (store.bytes !== undefined) metrics.gauge('clarifai_siem_store_bytes', store.bytes);
  metrics.gauge('clarifai_siem_store_limit_bytes', store.limitBytes);
  metrics.gauge('clarifai_siem_store_writable', store.writable ? 1 : 0);
  if (store.space !== undefined) {
    metrics.gauge('clarifai_siem_store_disk_free_bytes', store.space.freeBytes);
    metrics.gauge('clarifai_siem_store_disk_size_bytes', store.space.sizeBytes);
  }
  for (const source of status.sources) {
    setSource(metrics, source);
    for (const sink of source.sinks) setSink(metrics, source.source, sink);
  }
}

function setSource(metrics: Metrics, { source, journal, live }: SourceStatus): void {
  if (journal === undefined || live === undefined) return;
  const labels = { source };
  metrics.gauge('clarifai_siem_source_accepted', live.refused === undefined ? 1 : 0, labels);
  if (live.lastPollMs !== undefined) {
    metrics.gauge('clarifai_siem_source_last_poll_timestamp_seconds', live.lastPollMs / 1000, labels);
  }
  const end = journal.coverage.at(-1)?.to;
  if (end !== undefined) {
    const endSeconds = Number(end / 1_000_000n) / 1000;
    metrics.gauge('clarifai_siem_coverage_end_timestamp_seconds', endSeconds, labels);
  }
  metrics.gauge('clarifai_siem_coverage_lag_seconds', journal.lagMs / 1000, labels);
  metrics.gauge('clarifai_siem_coverage_stale_after_seconds', live.staleAfterMs / 1000, labels);
  metrics.gauge('clarifai_siem_coverage_uncovered_seconds', secondsOf(journal.uncovered), labels);
  metrics.gauge('clarifai_siem_coverage_hole_seconds', secondsOf(live.holes), labels);
  metrics.gauge('clarifai_siem_coverage_gap_seconds', secondsOf(journal.gaps), labels);
  metrics.gauge('clarifai_siem_journal_head_segment', journal.head, labels);
  metrics.gauge('clarifai_siem_journal_head_timestamp_seconds', Date.parse(journal.written) / 1000, labels);
  metrics.gauge('clarifai_siem_journal_full', live.full ? 1 : 0, labels);
  metrics.gauge('clarifai_siem_journal_bytes', journal.bytes, labels);
}

function setSink(metrics: Metrics, source: string, { sink, lagSegments, live }: SinkStatus): void {
  const labels = { sink, source };
  metrics.gauge('clarifai_siem_sink_lag_segments', lagSegments, labels);
  if (live === undefined) return;
  for (const state of SINK_STATES) {
    metrics.gauge('clarifai_siem_sink_state', live.state === state ? 1 : 0, { ...labels, state });
  }
  metrics.gauge('clarifai_siem_sink_gather_seconds', live.gatherMs / 1000, labels);
  if (live.lagMs !== undefined) metrics.gauge('clarifai_siem_sink_lag_seconds', live.lagMs / 1000, labels);
  if (live.lastSuccess !== undefined) {
    const seconds = Date.parse(live.lastSuccess) / 1000;
    metrics.gauge('clarifai_siem_sink_last_success_timestamp_seconds', seconds, labels);
  }
}

function secondsOf(spans: SpanSet): number {
  return Number(totalLength(spans) / 1_000_000n) / 1000;
}
