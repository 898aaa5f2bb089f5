import { z } from 'zod';
import { TARGET_KINDS } from '../event/catalogue.ts';
import {
  baseUrl,
  cron,
  duration,
  id,
  list,
  number,
  operation,
  secretText,
  size,
  start,
  text,
  whole,
} from './scalars.ts';
import { anyFormat, everySink, RESERVED, recordDefaults } from './sink-common.ts';
import { s3Sink } from './sink-s3.ts';
import { elasticsearchSink, openSearchSink } from './sink-search.ts';
import { splunkHecSink } from './sink-splunk-hec.ts';
import { strict } from './strict.ts';

/*
 * The config file as it is written: snake_case, units in the values. Defaults are here and nowhere else. Every key has
 * a description: editors show it, and `connector.schema.json` is made from it.
 */

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
  pat: secretText
    .optional()
    .describe('Personal access token with the scope AuditLogs_Get. Better: pat_file.'),
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

const SINK_TYPES = ['file', 'stdout', 's3', 'elasticsearch', 'opensearch', 'splunk_hec'];

const sink = z.discriminatedUnion(
  'type',
  [
    strict({
      type: z.literal('file').describe('Lines in files, one file a source and day.'),
      ...everySink,
      format: anyFormat,
      path: text('a path').describe(
        'Folder of the files: <path>/<source>/<YYYY-MM-DD>.ndjson by event date.',
      ),
    }),
    strict({
      type: z.literal('stdout').describe('Lines on standard output.'),
      ...everySink,
      format: anyFormat,
    }),
    s3Sink,
    elasticsearchSink,
    openSearchSink,
    splunkHecSink,
  ],
  { error: `must be one of ${SINK_TYPES.join(', ')}` },
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
  format: z
    .enum(['json', 'text'], { error: 'must be json or text' })
    .prefault('json')
    .describe('json: a line for machines; text: the same for people. Default: json.'),
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
  log: log.prefault({}).describe('One line for each thing that happened, on stderr.'),
});

/** The file, checked, with defaults filled in and units resolved. */
export type ConfigFile = z.output<typeof fileSchema>;
