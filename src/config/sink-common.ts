import { resolve } from 'node:path';
import { z } from 'zod';
import { duration, id, list, size, text, whole } from './scalars.ts';
import type { Secret } from './secret.ts';
import { strict } from './strict.ts';
import type { RecordsConfig, SinkCommonConfig } from './types.ts';

/** Names that the journal keeps for itself beside those of sources. */
export const RESERVED = ['deadletters', 'requests', 'cursors', 'lock', 'tmp'];

const records = {
  pii: z.enum(['minimal', 'names', 'full'], { error: 'must be minimal, names or full' }),
  include_original: z.boolean({ error: 'must be true or false' }),
  ocsf_version: z.enum(['1.8.0', '1.3.0'], { error: 'must be 1.8.0 or 1.3.0' }),
};

const PII = 'How much of a person leaves the journal: minimal (ids), names, or full.';
const ORIGINAL = 'Whether each record carries the whole entry.';
const OCSF = 'OCSF schema version of format ocsf.';

/** The top-level `records`. */
export const recordDefaults = strict({
  pii: records.pii.prefault('minimal').describe(`${PII} Default: minimal.`),
  include_original: records.include_original.prefault(false).describe(`${ORIGINAL} Default: false.`),
  ocsf_version: records.ocsf_version.prefault('1.8.0').describe(`${OCSF} Default: 1.8.0.`),
});

const recordOverrides = strict({
  pii: records.pii.optional().describe(PII),
  include_original: records.include_original.optional().describe(ORIGINAL),
  ocsf_version: records.ocsf_version.optional().describe(OCSF),
});

const batch = strict({
  max_records: whole(1, 100_000).prefault(1_000).describe('Records in one write. Default: 1000.'),
  max_bytes: size('1KiB').prefault('5MiB').describe('Bytes in one write. Default: 5MiB.'),
  max_wait: duration('0s', '1h').prefault('5s').describe('How long a record waits for others. Default: 5s.'),
});

/** The keys that every sink has, but `format`. */
export const everySink = {
  id: id(RESERVED).describe('Names the cursor and dead letters. Stays for ever.'),
  sources: list(z.string({ error: 'must be a source id' }))
    .optional()
    .describe('Ids of the sources it takes. Default: all.'),
  from: z
    .enum(['earliest', 'now'], { error: 'must be earliest or now' })
    .prefault('earliest')
    .describe(
      'Where it starts: with what the journal holds (earliest), or with what comes (now). Default: earliest.',
    ),
  records: recordOverrides.prefault({}).describe('Overrides of the top-level records for this sink.'),
  batch: batch.prefault({}).describe('When a batch goes out: whichever comes first.'),
};

/** `format` of a sink that takes any. */
export const anyFormat = z
  .enum(['ecs', 'ocsf', 'raw'], { error: 'must be ecs, ocsf or raw' })
  .prefault('ecs')
  .describe('Record format. Default: ecs.');

/** `ca_file`. */
export const caFile = text('a path')
  .optional()
  .describe('PEM file of a certificate authority to trust besides the usual ones.');

/** What a file says of any sink. */
export type EverySink = z.output<ReturnType<typeof strict<typeof everySink>>> & {
  readonly format: SinkCommonConfig['format'];
};

/** What resolving a sink needs besides what the file says of it. */
export interface SinkContext {
  /** Ids of all sources. */
  readonly sourceIds: readonly string[];
  /** The top-level `records`. */
  readonly records: RecordsConfig;
  /** Folder of the config file. */
  readonly folder: string;
  /** The secret under `key` of this sink, wherever it is kept; undefined when there is none. */
  secret(key: string): Secret | undefined;
}

/** What every sink has, resolved. */
export function resolveCommon(sink: EverySink, context: SinkContext): SinkCommonConfig {
  const { records: own, batch: limits } = sink;
  const { records: defaults } = context;
  return {
    id: sink.id,
    sources: sink.sources ?? context.sourceIds,
    from: sink.from,
    format: sink.format,
    records: {
      pii: own.pii ?? defaults.pii,
      includeOriginal: own.include_original ?? defaults.includeOriginal,
      ocsfVersion: own.ocsf_version ?? defaults.ocsfVersion,
    },
    batch: { maxRecords: limits.max_records, maxBytes: limits.max_bytes, maxWaitMs: limits.max_wait },
  };
}

/** `path` from the config file's folder on; undefined stays so. */
export function resolvePath(folder: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(folder, path);
}
