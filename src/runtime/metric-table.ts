/**
 * Values of a label: ids of sources or sinks from the config, the version of this program, or a fixed list. A value
 * that a list lacks is shown as {@link OTHER}, so that nothing from outside can add series; tests refuse it unless
 * the list holds {@link OTHER}.
 */
export type LabelValues = 'source' | 'sink' | 'version' | readonly string[];

/** One metric: name, kind, meaning and labels. */
export interface MetricDeclaration {
  /** `clarifai_siem_` or `process_`, base unit as suffix, `_total` for counters. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What it counts or says, for `# HELP` and for docs/operations.md. */
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
  /** True for gauges that are computed anew for each scrape; absent series say "not known". */
  readonly scraped?: true;
}

/** Stands for values that a fixed list lacks. */
export const OTHER = 'other';

const SOURCE = { source: 'source' } as const;
const SHIPPED = { sink: 'sink', source: 'source' } as const;
const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] as const;

/** Codes of refusals: `source.refused.<this>`. */
const REFUSALS = ['pat', 'scope', 'user'] as const;

/** What came of a request: `ok`, or the code of its error without `source.`. */
const OUTCOMES = [
  'ok',
  'throttled',
  'server',
  'network',
  'timeout',
  'dns',
  'tls',
  'broken',
  'broken.content_type',
  'broken.unknown_status',
  'proxy_page',
  'redirect',
  'too_large',
  'page_refused',
  'bad_request',
  'refused.pat',
  'refused.scope',
  'refused.user',
] as const;

/** What a record could not show of its entry: names of `Count` in src/record/parse.ts. */
const UNMAPPED = [
  'unknown_operation',
  'unknown_target_kind',
  'unknown_field',
  'wrong_type',
  'odd_address',
  'not_utf8',
  'not_an_object',
  'undated',
  'future_dated',
  'time_out_of_range',
] as const;

/** States of a shipper, see `ShipperState`. */
export const SINK_STATES = ['starting', 'running', 'retrying', 'stopped', 'fenced', 'closed'] as const;

const READING = [
  {
    name: 'clarifai_siem_source_requests_total',
    type: 'counter',
    help: 'Requests to Clarifai that were answered or failed, by what came of them.',
    labels: { ...SOURCE, outcome: OUTCOMES },
  },
  {
    name: 'clarifai_siem_source_request_duration_seconds',
    type: 'histogram',
    help: 'How long requests to Clarifai took, from sending to the last byte.',
    labels: SOURCE,
    buckets: SECONDS,
  },
  {
    name: 'clarifai_siem_source_retries_total',
    type: 'counter',
    help: 'Requests to Clarifai that were tried again.',
    labels: SOURCE,
  },
  {
    name: 'clarifai_siem_source_throttled_total',
    type: 'counter',
    help: 'Answers of Clarifai that said "too many requests".',
    labels: SOURCE,
  },
  {
    name: 'clarifai_siem_source_rate_wait_seconds_total',
    type: 'counter',
    help: 'Time that requests waited for their turn under the rate limit, pauses after throttling included.',
    labels: SOURCE,
  },
  {
    name: 'clarifai_siem_source_refusals_total',
    type: 'counter',
    help: 'Polls that failed because Clarifai refused the PAT, its scope or the user.',
    labels: { ...SOURCE, reason: REFUSALS },
  },
  {
    name: 'clarifai_siem_source_accepted',
    type: 'gauge',
    help: '1 while Clarifai accepts the PAT, its scope and the user, 0 while it refuses.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_source_clock_skew_seconds',
    type: 'gauge',
    help: 'How far the clock of Clarifai is ahead of this machine.',
    labels: SOURCE,
  },
  {
    name: 'clarifai_siem_source_last_poll_timestamp_seconds',
    type: 'gauge',
    help: 'When the last poll ended that read everything it was to read.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_entries_total',
    type: 'counter',
    help: 'Entries committed to the journal, by how they were found.',
    labels: { ...SOURCE, kind: ['live', 'backfill', 'late', 'undated'] },
  },
  {
    name: 'clarifai_siem_holes_total',
    type: 'counter',
    help: 'Spans of event time that could not be read completely; each is tried again after an hour.',
    labels: { ...SOURCE, reason: ['unanchored', 'unreadable'] },
  },
  {
    name: 'clarifai_siem_lost_anchors_total',
    type: 'counter',
    help: 'Times when Clarifai no longer showed entries it had shown, by the way on that was found.',
    labels: { ...SOURCE, way: ['wait', 'gap', 'older', 'none'] },
  },
] as const satisfies readonly MetricDeclaration[];

const COVERAGE = [
  {
    name: 'clarifai_siem_coverage_end_timestamp_seconds',
    type: 'gauge',
    help: 'Event time up to which everything is read.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_coverage_lag_seconds',
    type: 'gauge',
    help: 'From the end of coverage to now.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_coverage_stale_after_seconds',
    type: 'gauge',
    help: 'The lag beyond which the source is not ready: 15 minutes, or twice the pause between two polls.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_coverage_uncovered_seconds',
    type: 'gauge',
    help: 'Event time between start and end of coverage that is not read yet, possible gaps left out.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_coverage_hole_seconds',
    type: 'gauge',
    help: 'Event time that could not be read when last tried.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_coverage_gap_seconds',
    type: 'gauge',
    help: 'Event time on record as a possible gap: Clarifai no longer showed it.',
    labels: SOURCE,
    scraped: true,
  },
] as const satisfies readonly MetricDeclaration[];

const JOURNAL = [
  {
    name: 'clarifai_siem_segments_total',
    type: 'counter',
    help: 'Segments committed to the journal, by kind.',
    labels: { ...SOURCE, kind: ['live', 'backfill', 'late', 'undated', 'heartbeat', 'gap'] },
  },
  {
    name: 'clarifai_siem_journal_head_segment',
    type: 'gauge',
    help: 'Number of the newest segment.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_journal_head_timestamp_seconds',
    type: 'gauge',
    help: 'When the newest segment was written, and with it the head hash; an idle source writes one an hour.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_journal_bytes',
    type: 'gauge',
    help: 'Size of the journal on disk, measured now and again.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_journal_full',
    type: 'gauge',
    help: '1 while polling waits because journal.max_bytes is reached and a sink still needs what is there.',
    labels: SOURCE,
    scraped: true,
  },
  {
    name: 'clarifai_siem_journal_retries_total',
    type: 'counter',
    help: 'Writes to the journal that failed and were tried again.',
    labels: { ...SOURCE, code: ['store.full', 'store.io', OTHER] },
  },
  {
    name: 'clarifai_siem_store_bytes',
    type: 'gauge',
    help: 'Size of all that the store holds, measured now and again.',
    labels: {},
    scraped: true,
  },
  {
    name: 'clarifai_siem_store_limit_bytes',
    type: 'gauge',
    help: 'Size at which polling pauses: journal.max_bytes.',
    labels: {},
    scraped: true,
  },
  {
    name: 'clarifai_siem_store_writable',
    type: 'gauge',
    help: '1 while the store takes writes, 0 when it is read-only or its disk is full.',
    labels: {},
    scraped: true,
  },
  {
    name: 'clarifai_siem_store_disk_free_bytes',
    type: 'gauge',
    help: 'Space left for this user on the file system of the store.',
    labels: {},
    scraped: true,
  },
  {
    name: 'clarifai_siem_store_disk_size_bytes',
    type: 'gauge',
    help: 'Size of the file system of the store.',
    labels: {},
    scraped: true,
  },
] as const satisfies readonly MetricDeclaration[];

const SHIPPING = [
  {
    name: 'clarifai_siem_sink_records_total',
    type: 'counter',
    help: 'Records by what the sink did with them.',
    labels: { ...SHIPPED, outcome: ['stored', 'refused', 'retried'] },
  },
  {
    name: 'clarifai_siem_sink_batches_total',
    type: 'counter',
    help: 'Batches that the sink answered.',
    labels: SHIPPED,
  },
  {
    name: 'clarifai_siem_sink_batch_duration_seconds',
    type: 'histogram',
    help: 'How long one write of a batch took, whatever came of it.',
    labels: SHIPPED,
    buckets: SECONDS,
  },
  {
    name: 'clarifai_siem_sink_retries_total',
    type: 'counter',
    help: 'Failures of the sink, its cursor or the journal that are tried again.',
    labels: SHIPPED,
  },
  {
    name: 'clarifai_siem_sink_minimal_records_total',
    type: 'counter',
    help: 'Records that carry the entry as it is, because it could not be mapped.',
    labels: SHIPPED,
  },
  {
    name: 'clarifai_siem_sink_lost_segments_total',
    type: 'counter',
    help: 'Segments that retention removed before the sink got them.',
    labels: SHIPPED,
  },
  {
    name: 'clarifai_siem_records_unmapped_total',
    type: 'counter',
    help: 'What records could not show of their entries: unknown names, wrong types, odd times.',
    labels: { ...SHIPPED, what: UNMAPPED },
  },
  {
    name: 'clarifai_siem_dead_letters',
    type: 'gauge',
    help: 'Records that the sink refused for good and that were not replayed.',
    labels: SHIPPED,
  },
  {
    name: 'clarifai_siem_sink_state',
    type: 'gauge',
    help: '1 for the state that shipping is in, 0 for the others.',
    labels: { ...SHIPPED, state: SINK_STATES },
    scraped: true,
  },
  {
    name: 'clarifai_siem_sink_lag_segments',
    type: 'gauge',
    help: 'Segments of the journal that the sink does not have whole.',
    labels: SHIPPED,
    scraped: true,
  },
  {
    name: 'clarifai_siem_sink_gather_seconds',
    type: 'gauge',
    help: 'How long records may wait by design because the sink gathers them (roll of S3); 0 for others.',
    labels: SHIPPED,
    scraped: true,
  },
  {
    name: 'clarifai_siem_sink_lag_seconds',
    type: 'gauge',
    help: 'Age of the oldest segment that the sink does not have whole; 0 when it has all.',
    labels: SHIPPED,
    scraped: true,
  },
  {
    name: 'clarifai_siem_sink_last_success_timestamp_seconds',
    type: 'gauge',
    help: 'When the sink last took a batch; absent before the first since the start.',
    labels: SHIPPED,
    scraped: true,
  },
] as const satisfies readonly MetricDeclaration[];

const PROCESS = [
  {
    name: 'clarifai_siem_ready',
    type: 'gauge',
    help: '1 when /readyz answers 200.',
    labels: {},
    scraped: true,
  },
  {
    name: 'clarifai_siem_build_info',
    type: 'gauge',
    help: 'Always 1; its label names the version.',
    labels: { version: 'version' },
    scraped: true,
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When the process started.',
    labels: {},
    scraped: true,
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the process.',
    labels: {},
    scraped: true,
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time of the process, user and system.',
    labels: {},
  },
] as const satisfies readonly MetricDeclaration[];

/** Every metric of this program. docs/operations.md shows this table; a test holds the two together. */
export const METRICS = [...READING, ...COVERAGE, ...JOURNAL, ...SHIPPING, ...PROCESS];

/** Name of a declared metric. */
export type MetricName = (typeof METRICS)[number]['name'];
