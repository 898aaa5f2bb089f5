import type { PiiMode } from '../record/record.ts';
import type { Secret } from './secret.ts';

/** Record formats. */
export type Format = 'ecs' | 'ocsf' | 'raw';

/** One target of a filter: an object with one key, e.g. `{ user: { id: 'x' } }`, as the API takes it. */
export type TargetFilter = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What of the audit log a source reads. Empty lists and null mean everything. */
export interface Filter {
  /** Operations by name or number, as in the config. */
  readonly operations: readonly (string | number)[];
  readonly userIds: readonly string[];
  readonly targets: readonly TargetFilter[];
  readonly success: boolean | null;
  readonly sourceIps: readonly string[];
}

/** When and how far back to re-read by itself. */
export interface ReconcileConfig {
  /** Cron expression, UTC. */
  readonly schedule: string;
  /** Days ago whose first reading is repeated. */
  readonly daysBack: readonly number[];
}

/** `start`: an instant, a time before the first start, or the first start itself. */
export type StartConfig =
  | { readonly kind: 'at'; readonly ms: number }
  | { readonly kind: 'ago'; readonly ms: number }
  | { readonly kind: 'now' };

/** One audited user or organisation. */
export interface SourceConfig {
  readonly id: string;
  readonly userId: string;
  readonly pat: Secret;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly start: StartConfig;
  readonly schedule: string;
  readonly settleMs: number;
  readonly overlapMs: number;
  readonly requestsPerSecond: number;
  readonly pageSize: number;
  readonly filter: Filter;
  readonly reconcile: ReconcileConfig | false;
  /** Absolute path of a PEM file, or undefined for the system's authorities. */
  readonly caFile: string | undefined;
}

/** Where the journal lives. */
export interface JournalConfig {
  readonly type: 'directory';
  /** Absolute path. */
  readonly path: string;
  readonly retentionMs: number;
  readonly maxBytes: number;
}

/** How entries become records. */
export interface RecordsConfig {
  readonly pii: PiiMode;
  readonly includeOriginal: boolean;
  readonly ocsfVersion: '1.8.0' | '1.3.0';
}

/** When a batch goes out: whichever comes first. */
export interface BatchConfig {
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

/** What every sink has. */
export interface SinkCommonConfig {
  readonly id: string;
  /** Ids of the sources it takes; all when the config names none. */
  readonly sources: readonly string[];
  readonly from: 'earliest' | 'now';
  readonly format: Format;
  readonly records: RecordsConfig;
  readonly batch: BatchConfig;
}

/** Lines in files, one file a source and day. */
export interface FileSinkConfig extends SinkCommonConfig {
  readonly type: 'file';
  /** Absolute path. */
  readonly path: string;
}

/** Lines on standard output. */
export interface StdoutSinkConfig extends SinkCommonConfig {
  readonly type: 'stdout';
}

/** How to sign in to Elasticsearch or OpenSearch. */
export type SearchAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'api_key'; readonly apiKey: Secret }
  | { readonly kind: 'sigv4'; readonly region: string };

interface SearchSinkConfig extends SinkCommonConfig {
  /** Without trailing slashes. */
  readonly nodes: readonly string[];
  /** The data stream is `logs-clarifai.audit-<namespace>`. */
  readonly namespace: string;
  readonly auth: SearchAuth;
  /** Absolute path of a PEM file, or undefined for the system's authorities. */
  readonly caFile: string | undefined;
}

/** A data stream of Elasticsearch. */
export interface ElasticsearchSinkConfig extends SearchSinkConfig {
  readonly type: 'elasticsearch';
  /** In place of `nodes`, which are empty then. */
  readonly cloudId: string | undefined;
  /** Data stream lifecycle that `setup` sets. */
  readonly retentionMs: number | undefined;
  /** ILM policy that `setup` names in the template. */
  readonly ilmPolicy: string | undefined;
}

/** A data stream of OpenSearch. */
export interface OpenSearchSinkConfig extends SearchSinkConfig {
  readonly type: 'opensearch';
}

/** When segments that were gathered become an object: whichever comes first. */
export interface RollConfig {
  /** Compressed bytes, about. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** Objects in S3. */
export interface S3SinkConfig extends SinkCommonConfig {
  readonly type: 's3';
  readonly bucket: string;
  /** Before every key: empty, or with its slash. */
  readonly prefix: string;
  readonly region: string;
  /** Without trailing slashes; undefined: AWS. */
  readonly endpoint: string | undefined;
  readonly forcePathStyle: boolean;
  /** Undefined: what the AWS SDK finds. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: Secret } | undefined;
  /** AWS account id. */
  readonly expectedBucketOwner: string | undefined;
  /** `each`: an object for each segment. */
  readonly roll: RollConfig | 'each';
  readonly sse: 'AES256' | 'aws:kms' | undefined;
  readonly kmsKeyId: string | undefined;
  readonly objectLock: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly days: number } | undefined;
  /** Absolute path of a PEM file, or undefined for the system's authorities. */
  readonly caFile: string | undefined;
}

/** Splunk's HTTP Event Collector. */
export interface SplunkHecSinkConfig extends SinkCommonConfig {
  readonly type: 'splunk_hec';
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: Secret;
  /** Undefined: the token's. */
  readonly index: string | undefined;
  /** Undefined: the source id. */
  readonly host: string | undefined;
  /** Whether Splunk is asked until it says that events are indexed. */
  readonly acknowledge: boolean;
  readonly acknowledgeTimeoutMs: number;
  /** Before compression. */
  readonly maxRequestBytes: number;
  /** Absolute path of a PEM file, or undefined for the system's authorities. */
  readonly caFile: string | undefined;
}

/** A sink, by `type`. */
export type SinkConfig =
  | FileSinkConfig
  | StdoutSinkConfig
  | S3SinkConfig
  | ElasticsearchSinkConfig
  | OpenSearchSinkConfig
  | SplunkHecSinkConfig;

/** The whole config, checked, with defaults filled in and units in the names. */
export interface ConnectorConfig {
  readonly sources: readonly SourceConfig[];
  readonly journal: JournalConfig;
  readonly sinks: readonly SinkConfig[];
  readonly drainTimeoutMs: number;
  readonly server: { readonly host: string; readonly port: number } | false;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly format: 'json' | 'text' };
}
