import { z } from 'zod';
import { TARGET_KINDS } from '../event/catalogue.ts';
import { baseUrl, cron, duration, id, number, operation, pat, size, start, text, whole } from './scalars.ts';
import { strict } from './strict.ts';

/*
 * The config file as it is written: snake_case, units in the values. Defaults are here and nowhere else. Every key has
 * a description: editors show it, and `connector.schema.json` is made from it.
 */

/** Names that the journal keeps for itself beside those of sources. */
const RESERVED = ['deadletters', 'requests', 'cursors', 'lock', 'tmp'];

/** Types of sinks that later versions have. */
const LATER_SINKS = ['s3', 'elasticsearch', 'opensearch', 'splunk_hec'];

const list = <T extends z.ZodType>(of: T) => z.array(of, { error: 'must be a list' });

const target = z
  .record(z.string(), z.record(z.string(), z.unknown(), { error: 'must be a mapping, such as { id: x }' }), {
    error: 'must be a mapping with one key, such as { app: { id: x } }',
  })
  .superRefine((value, context) => {
    const kinds = Object.keys(value);
    if (kinds.length === 1 && (TARGET_KINDS as readonly string[]).includes(kinds[0]!)) return;
    context.addIssue({ code: 'custom', message: `must have one key, out of ${TARGET_KINDS.join(', ')}` });
  });

const filter = strict({
  operations: list(operation)
    .prefault([])
    .describe('Only these operations, by name or number. Default: all.'),
  user_ids: list(text('a user id')).prefault([]).describe('Only what these users did. Default: all.'),
  targets: list(target)
    .prefault([])
    .describe('Only what concerns these, such as { app: { id: x } }. Default: all.'),
  success: z
    .boolean({ error: 'must be true, false or null' })
    .nullable()
    .prefault(null)
    .describe('Only successes (true) or failures (false). Default: both.'),
  source_ips: list(text('an address')).prefault([]).describe('Only from these addresses. Default: all.'),
});

const reconcile = strict({
  schedule: cron
    .prefault('30 3 * * *')
    .describe('When to read again what was read before, cron, UTC. Default: 03:30 every day.'),
  days_back: list(whole(1, 3_650))
    .prefault([1, 7, 30])
    .describe('What was first read so many days ago is read again. Default: 1, 7 and 30.'),
});

const orFalse = <T extends z.ZodType>(of: T) => z.union([z.literal(false), of]);

const source = strict({
  id: id(RESERVED).describe(
    'Names the journal, metrics and output folder. Stays for ever: coverage belongs to it.',
  ),
  user_id: text('a user id').describe('The Clarifai user or organisation whose audit log is read.'),
  pat: pat.optional().describe('Personal access token with the scope AuditLogs_Get. Better: pat_file.'),
  pat_file: text('a path')
    .optional()
    .describe('File that holds the personal access token. Read again when it changes.'),
  base_url: baseUrl
    .prefault('https://api.clarifai.com')
    .describe('Where the API is. http is for loopback only.'),
  start: start
    .prefault('-90d')
    .describe('Where history begins: a time, -90d, or now. Resolved once. Default: -90d.'),
  schedule: cron
    .prefault('* * * * *')
    .describe('When to poll, cron, UTC; a sixth field in front: seconds. Default: every minute.'),
  settle: duration('0s', '1d').prefault('30s').describe('Nothing younger than this is read. Default: 30s.'),
  overlap: duration('1s', '30d')
    .prefault('15m')
    .describe('How far each poll reads back, to catch what became visible late. Default: 15m.'),
  requests_per_second: number(0.001, 1_000_000)
    .prefault(15)
    .describe('Requests to Clarifai, at most; sources with the same PAT share it. Default: 15.'),
  page_size: whole(1, 1_000).prefault(1_000).describe('Entries asked for in one request. Default: 1000.'),
  filter: filter
    .prefault({})
    .describe('What of the audit log is read. Belongs to the source id: a change needs a new id.'),
  reconcile: orFalse(reconcile)
    .prefault({})
    .describe('Reading again what was read before, to add what became visible late; false: off.'),
  ca_file: text('a path')
    .optional()
    .describe('PEM file of a certificate authority to trust besides the usual ones.'),
});

const records = {
  pii: z.enum(['minimal', 'names', 'full'], { error: 'must be minimal, names or full' }),
  include_original: z.boolean({ error: 'must be true or false' }),
  ocsf_version: z.enum(['1.8.0', '1.3.0'], { error: 'must be 1.8.0 or 1.3.0' }),
};

const PII = 'How much of a person leaves the journal: minimal (ids), names, or full.';
const ORIGINAL = 'Whether each record carries the whole entry.';
const OCSF = 'OCSF schema version of format ocsf.';

const recordDefaults = strict({
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

const everySink = {
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
  format: z
    .enum(['ecs', 'ocsf', 'raw'], { error: 'must be ecs, ocsf or raw' })
    .prefault('ecs')
    .describe('Record format. Default: ecs.'),
  records: recordOverrides.prefault({}).describe('Overrides of the top-level records for this sink.'),
  batch: batch.prefault({}).describe('When a batch goes out: whichever comes first.'),
};

const sink = z.discriminatedUnion(
  'type',
  [
    strict({
      type: z.literal('file').describe('Lines in files, one file a source and day.'),
      ...everySink,
      path: text('a path').describe(
        'Folder of the files: <path>/<source>/<YYYY-MM-DD>.ndjson by event date.',
      ),
    }),
    strict({ type: z.literal('stdout').describe('Lines on standard output.'), ...everySink }),
  ],
  {
    error: ({ input }) => {
      const { type } = (typeof input === 'object' && input !== null ? input : {}) as { type?: unknown };
      const isLater = LATER_SINKS.includes(String(type));
      return isLater
        ? `${String(type)} is not in this version: use file or stdout`
        : 'must be file or stdout';
    },
  },
);

const journal = strict({
  type: z
    .literal('directory', {
      error: ({ input }) =>
        input === 's3' ? 's3 is not in this version: use directory' : 'must be directory',
    })
    .prefault('directory')
    .describe('Where the journal is kept. Default: directory.'),
  path: text('a path')
    .prefault('./data')
    .describe('Folder of the journal, on a local disk. Default: ./data.'),
  retention: duration('1d', '36500d')
    .prefault('45d')
    .describe('How long entries are kept in it; longer while a sink needs them. Default: 45d.'),
  max_bytes: size('64MiB')
    .prefault('10GiB')
    .describe('Its size at most: when it is reached and a sink is down, polling pauses. Default: 10GiB.'),
});

const server = strict({
  host: text('a host').prefault('127.0.0.1').describe('Address to listen on. Default: 127.0.0.1.'),
  port: whole(0, 65_535).prefault(9_464).describe('Port to listen on; 0: any free one. Default: 9464.'),
});

const log = strict({
  level: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
    .prefault('info')
    .describe('Least level that is written. Default: info.'),
});

/** The whole file. */
export const fileSchema = strict({
  sources: list(source)
    .min(1, { error: 'must name at least one source' })
    .describe('The audited users and organisations.'),
  journal: journal.prefault({}).describe('The chained journal: checkpoint, dedup memory and evidence.'),
  records: recordDefaults.prefault({}).describe('How entries become records; each sink may override it.'),
  sinks: list(sink).prefault([]).describe('Where records go. Without any, entries stay in the journal.'),
  drain_timeout: duration('1s', '7d')
    .prefault('5m')
    .describe('run --once: how long a source or sink may hold it up. Default: 5m.'),
  server: orFalse(server).prefault({}).describe('Serves /livez and /readyz; false: off.'),
  log: log.prefault({}).describe('JSON lines on stderr.'),
});

/** The file, checked, with defaults filled in and units resolved. */
export type ConfigFile = z.output<typeof fileSchema>;
