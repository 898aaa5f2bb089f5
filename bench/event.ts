/**
 * Time that cutting takes: answers of 1,000 entries of about 1 KB, from the bytes to entries with time and event id.
 * `npm exec -- node --disable-warning=ExperimentalWarning bench/event.ts`
 */
import { hash } from 'node:crypto';
import { cpus } from 'node:os';
import { cutAnswer } from '../src/event/answer.ts';
import { IdentityReader } from '../src/event/identity.ts';
import { skipValue } from '../src/event/scanner.ts';
import { timestampAt } from '../src/event/timestamp.ts';

const ENTRIES = 1_000;
const ROUNDS = 200;

function entry(n: number): object {
  const at = `2025-01-17T12:${String(n % 60).padStart(2, '0')}:15.${String(n).padStart(6, '0')}Z`;
  const app = {
    id: 'forecasts',
    name: 'Forecasts',
    user_id: 'acme-corp',
    created_at: at,
    default_language: 'en',
  };
  const model = {
    id: `model-${n}`,
    name: 'Next week',
    app_id: 'forecasts',
    user_id: 'acme-corp',
    use_cases: [],
  };
  const version = { id: `${n}`.padStart(32, 'a'), app_id: '', user_id: 'acme-corp', status: { code: 21100 } };
  return {
    timestamp: at,
    user: {
      id: `user-${n % 40}`,
      first_name: 'Ada',
      last_name: 'Lovelace',
      company_name: 'Analytical Engines',
      job_title: 'Countess',
      created_at: '2023-01-01T00:00:00Z',
      job_role: 'Researcher',
      bill_type: 'monthly',
      date_gdpr_consent: '2023-01-01T00:00:00Z',
      user_detail: { primary_email: 'ada@example.com', teams_count: 2, country: 'GB', is_starred: false },
      visibility: { gettable: 10 },
    },
    operation: 300 + (n % 6),
    description: 'Model versions created',
    targets: n % 2 === 0 ? [{ app }, { model }] : [{ model_version: version }, { app }, { model }],
    details: ['Changed the description to "none"', 'Added the toolkit HuggingFace'],
    success: n % 10 !== 0,
    req_id: `req-${n}-0123456789abcdef`,
    source_ip: '203.0.113.7',
  };
}

const status = { code: 10000, description: 'Ok', req_id: '5b1c8a7e90f24d3b' };
const body = Buffer.from(
  JSON.stringify({ status, entries: Array.from({ length: ENTRIES }, (_, n) => entry(n)) }),
);
const starts = cutAnswer(body).entries!.map(({ bytes }) => bytes.byteOffset - body.byteOffset);
const preimage = Buffer.alloc(500, 'a');
const timestamp = Buffer.from('2025-01-17T12:31:35.449860Z');
const reader = new IdentityReader();
const text = body.toString();

function each(work: (n: number) => unknown): () => void {
  return () => {
    for (let n = 0; n < ENTRIES; n++) work(n);
  };
}

const works: readonly (readonly [name: string, work: () => unknown])[] = [
  ['JSON.parse of the whole body, to compare', () => JSON.parse(text)],
  ['validation only (skipValue)', () => skipValue(body, 0)],
  ['scan with fields, time and targets', each((n) => reader.scan(body, starts[n]!))],
  ['SHA-256 of 500 bytes', each(() => hash('sha256', preimage))],
  ['timestamp to nanoseconds', each(() => timestampAt(timestamp, 0, timestamp.length))],
  ['cutAnswer: all of it', () => cutAnswer(body)],
];

/** Microseconds of CPU an entry. */
function round(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ENTRIES;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

// In turn, so that a neighbour on the machine disturbs all alike; the first half warms up.
const rounds = Array.from({ length: ROUNDS }, () => works.map(([, work]) => round(work))).slice(ROUNDS / 2);
console.log(
  `${cpus()[0]?.model}, Node ${process.version}, ${Math.round(body.length / ENTRIES)} bytes an entry, one core`,
);
for (const [column, [name]] of works.entries()) {
  const figure = median(rounds.map((figures) => figures[column] ?? 0));
  console.log(`${name.padEnd(42)} ${figure.toFixed(2).padStart(6)} µs/entry`);
}
