/**
 * Time an entry takes to become a record: from the parsed entry to a line, and with parsing.
 * `npm exec -- node --disable-warning=ExperimentalWarning bench/records.ts`
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { createStreamingMapper } from '../src/record/formats.ts';
import type { RecordContext, RecordOptions } from '../src/record/record.ts';

const ENTRIES = 2_000;
const ROUNDS = 60;

const context: RecordContext = {
  id: 'a'.repeat(64),
  source: 'acme',
  userId: 'acme-corp',
  readTime: '2025-01-17T12:45:00.000Z',
};
const options: RecordOptions = { pii: 'names', includeOriginal: false, ocsfVersion: '1.8.0' };

/** An entry of about 1 KB, as the documented sample has it. */
function entry(n: number): Buffer {
  const at = `2025-01-17T12:${String(n % 60).padStart(2, '0')}:15.${String(n).padStart(6, '0')}Z`;
  return Buffer.from(
    JSON.stringify({
      timestamp: at,
      user: {
        id: `user-${n % 40}`,
        first_name: 'Ada',
        last_name: 'Lovelace',
        company_name: 'Analytical Engines',
        job_title: 'Countess',
        job_role: 'Researcher',
        created_at: '2023-01-01T00:00:00Z',
        user_detail: { primary_email: 'ada@example.com', teams_count: 2, country: 'GB' },
        visibility: { gettable: 10 },
      },
      operation: 300 + (n % 6),
      description: 'Models created',
      targets: [
        {
          app: { id: 'app', name: 'App', user_id: 'acme-corp', created_at: at, visibility: { gettable: 10 } },
        },
        { model: { id: `model-${n}`, name: 'Model', app_id: '', user_id: 'acme-corp', use_cases: [] } },
      ],
      details: ['Changed the description to "none"', 'Added the toolkit HuggingFace'],
      success: n % 10 !== 0,
      req_id: `req-${n}-0123456789abcdef`,
      source_ip: '203.0.113.7',
    }),
  );
}

const entries = Array.from({ length: ENTRIES }, (_, n) => entry(n));

type Work = (entry: Buffer) => unknown;

/** To a line in UTF-8, as the shipper takes it. */
function mapping(format: 'raw' | 'ecs' | 'ocsf', ocsfVersion: RecordOptions['ocsfVersion'] = '1.8.0'): Work {
  const map = createStreamingMapper(format, { ...options, ocsfVersion }, () => {});
  return (bytes) => map(bytes, true, context).lineBytes;
}

const WORKS: Readonly<Record<string, Work>> = {
  raw: mapping('raw'),
  ecs: mapping('ecs'),
  'ocsf 1.8': mapping('ocsf'),
  'ocsf 1.3': mapping('ocsf', '1.3.0'),
};

const parse: Work = (bytes) => JSON.parse(bytes.toString());

/** Microseconds of CPU an entry, one round over all entries. */
function round(work: Work): number {
  const before = process.cpuUsage();
  for (const each of entries) work(each);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ENTRIES;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** One format, beside parsing in turn so that a neighbour on the machine disturbs both; the first half warms up. */
function measure(name: string): void {
  const rounds = Array.from({ length: ROUNDS }, () => [round(parse), round(WORKS[name]!)] as const);
  const counted = rounds.slice(ROUNDS / 2);
  const parsing = median(counted.map(([each]) => each));
  const whole = median(counted.map(([, each]) => each));
  const figures = [whole - parsing, whole, parsing].map((each) => each.toFixed(2).padStart(12));
  console.log(`${name.padEnd(10)} ${figures.join(' ')}`);
}

const format = process.argv[2];
if (format === undefined) {
  console.log(
    `${cpus()[0]?.model}, Node ${process.version}, entries of ${entries[0]?.length} bytes, one core`,
  );
  console.log('CPU µs/entry      alone   with parse   parse alone');
  // Each in a process of its own, as it runs: code that has seen other formats is slower.
  for (const name of Object.keys(WORKS)) {
    spawnSync(process.execPath, [...process.execArgv, import.meta.filename, name], { stdio: 'inherit' });
  }
} else measure(format);
