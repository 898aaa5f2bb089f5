import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TARGET_KINDS } from '../../src/event/catalogue.ts';
import { createMapper } from '../../src/record/formats.ts';
import { splunkFields } from '../../src/record/splunk.ts';
import { ecsFaults } from './ecs-oracle.ts';
import { context, FORMATS, ID, options, PII_MODES } from './entries.ts';
import { HAS_SCHEMAS, ocsfFaults } from './ocsf-oracle.ts';

/** Odd entries to try: 2,000 by default, 100,000 in CI. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 2_000);
const TIMEOUT_MS = 30_000 + 5 * RUNS;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '\ud800',
    '\u2028',
    '\0',
    '__proto__',
    'constructor',
    '203.0.113.7',
    '::1',
    '1.2.3',
    'a@b.c',
  ),
);
const odd = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const timestamp = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.constantFrom('9999-12-31T23:59:59.999999999Z', '0000-01-01T00:00:00+01:00', '2016-12-31T23:59:60Z'),
  odd,
);
const message = fc.dictionary(
  fc.constantFrom(
    'id',
    'name',
    'user_id',
    'app_id',
    'module_id',
    'scopes',
    'first_name',
    'last_name',
    'primary_email',
    'job_title',
    'company_name',
    'compute_cluster',
    'metadata',
  ),
  odd,
);
const target = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.dictionary(fc.oneof(fc.constantFrom(...TARGET_KINDS), text), message, { maxKeys: 2 }),
  },
  { weight: 1, arbitrary: odd },
);
const entry = fc.record(
  {
    timestamp,
    user: fc.oneof(message, odd),
    operation: fc.oneof(
      fc.constantFrom(100, 101, 103, 105, 107, 110, 112, 300, 700, 800, 'MODEL_CREATE'),
      fc.integer(),
      odd,
    ),
    description: odd,
    targets: fc.oneof(
      { weight: 5, arbitrary: fc.array(target, { maxLength: 4 }) },
      { weight: 1, arbitrary: odd },
    ),
    details: fc.oneof(fc.array(odd, { maxLength: 3 }), odd),
    success: fc.oneof(fc.boolean(), odd),
    req_id: odd,
    source_ip: odd,
    new_field: odd,
  },
  { requiredKeys: [] },
);

function check(
  bytes: Buffer,
  utf8: boolean,
  pii: (typeof PII_MODES)[number],
  includeOriginal: boolean,
): void {
  for (const [format, ocsfVersion] of FORMATS) {
    const { line, date } = createMapper(format, options({ pii, includeOriginal, ocsfVersion }))(
      bytes,
      utf8,
      context,
    );
    expect(line.isWellFormed() && !/[\r\n]/.test(line)).toBe(true);
    expect(date ?? '2025-01-17').toMatch(/^\d{4}-\d\d-\d\d$/);
    const record = JSON.parse(line);
    expect(record.id ?? record.event?.id ?? record.metadata?.uid).toBe(ID);
    if (format === 'ecs') expect(ecsFaults(record)).toEqual([]);
    if (format === 'ocsf' && HAS_SCHEMAS) expect(ocsfFaults(record, ocsfVersion)).toEqual([]);
  }
}

describe('odd entries', { timeout: TIMEOUT_MS }, () => {
  it('always become a valid record on one line with its id, and nothing throws', () => {
    fc.assert(
      fc.property(entry, fc.constantFrom(...PII_MODES), fc.boolean(), (value, pii, includeOriginal) => {
        check(Buffer.from(JSON.stringify(value)), true, pii, includeOriginal);
        expect(splunkFields(JSON.parse(JSON.stringify(value)), context).event_id).toBe(ID);
      }),
      { numRuns: RUNS },
    );
  });

  it('are valid records even when their bytes are no JSON or no UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, wrap) => {
        const buffer = wrap
          ? Buffer.concat([Buffer.from('{"x":"'), bytes, Buffer.from('"}')])
          : Buffer.from(bytes);
        const decoded = buffer.toString();
        if (!/[\r\n]/.test(decoded)) check(buffer, Buffer.from(decoded).equals(buffer), 'minimal', true);
      }),
      { numRuns: RUNS },
    );
  });
});
