/**
 * Time an entry takes to become a record: from the parsed entry to the bytes of a line, and with parsing.
 * `npm exec -- node --disable-warning=ExperimentalWarning bench/records.ts`
 */
import { cpus } from 'node:os';
import { createMapper } from '../src/record/formats.ts';
import type { RecordContext, RecordOptions } from '../src/record/record.ts';

const ENTRIES = 2_000;
const ROUNDS = 15;

const context: RecordContext = {
  id: 'a'.repeat(64),
  source: 'acme',
  userId: 'acme-corp',
  readTime: '2025-01-17T12:45:00.000Z',
};
const options: RecordOptions = { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' };

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

/** Median microseconds an entry. */
function measure(work: (entry: Buffer) => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.hrtime.bigint();
    for (const each of entries) work(each);
    times.push(Number(process.hrtime.bigint() - before) / 1_000 / ENTRIES);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0;
}

const parse = measure((bytes) => JSON.parse(bytes.toString()));
console.log(`${cpus()[0]?.model}, Node ${process.version}, entries of ${entries[0]?.length} bytes, one core`);
console.log(`JSON.parse alone: ${parse.toFixed(2)} µs/entry`);
console.log('format      µs/entry alone   with parse');
for (const format of ['raw', 'ecs'] as const) {
  const map = createMapper(format, options);
  const whole = measure((bytes) => Buffer.from(map(bytes, true, context).line));
  console.log(
    `${format.padEnd(10)} ${(whole - parse).toFixed(2).padStart(15)} ${whole.toFixed(2).padStart(12)}`,
  );
}
