import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/event/catalogue.ts';
import { ecsFaults } from './ecs-oracle.ts';
import { entry, FORMATS, ID, type Json, map, PII_MODES, targetSets } from './entries.ts';
import { HAS_SCHEMAS, ocsfFaults, SKIP_REASON } from './ocsf-oracle.ts';

const OUTCOMES = [true, false, undefined] as const;

/** Operations as they come: each by number and by name, not set, and not known. */
const OPERATION_VALUES: readonly unknown[] = [
  ...OPERATIONS.map(({ code }) => code),
  ...OPERATIONS.map(({ name }) => name),
  undefined,
  0,
  555,
  'DATASET_CREATE',
];

function codeOf(operation: unknown): number {
  return OPERATIONS.find(({ code, name }) => code === operation || name === operation)?.code ?? 0;
}

function* matrix(): Generator<[Json, (typeof PII_MODES)[number]]> {
  for (const operation of OPERATION_VALUES) {
    for (const success of OUTCOMES) {
      for (const pii of PII_MODES) {
        for (const targets of targetSets(codeOf(operation))) {
          yield [entry({ operation, success, targets }), pii];
        }
      }
    }
  }
}

/** Runs `faultsOf` on each record of the matrix and returns the number of records and the first faults. */
function run(
  format: 'ecs' | 'ocsf',
  ocsfVersion: '1.8.0' | '1.3.0',
  faultsOf: (record: Json) => string[],
): { count: number; faults: string[] } {
  let count = 0;
  const faults: string[] = [];
  for (const [value, pii] of matrix()) {
    const found = faultsOf(JSON.parse(map(format, value, { pii, ocsfVersion }).line));
    for (const fault of found) faults.push(`${value.operation} ${value.success} ${pii}: ${fault}`);
    count += 1;
  }
  return { count, faults: faults.slice(0, 10) };
}

const SIZE = OPERATION_VALUES.length * OUTCOMES.length * PII_MODES.length * 7;

describe('every event type, outcome, privacy mode and set of targets', () => {
  it('is a document of ECS 9.4.0 with no field beside the list of vendor fields', () => {
    expect(run('ecs', '1.8.0', ecsFaults)).toEqual({ count: SIZE, faults: [] });
  });

  for (const version of ['1.8.0', '1.3.0'] as const) {
    it.skipIf(!HAS_SCHEMAS)(
      `is valid by the JSON Schema of its class in OCSF ${version}${SKIP_REASON}`,
      () => {
        expect(run('ocsf', version, (record) => ocsfFaults(record, version))).toEqual({
          count: SIZE,
          faults: [],
        });
      },
    );
  }

  it('has the event id in each format', () => {
    for (const [value, pii] of matrix()) {
      for (const [format, ocsfVersion] of FORMATS) {
        const record = JSON.parse(map(format, value, { pii, ocsfVersion }).line);
        expect(record.id ?? record.event?.id ?? record.metadata?.uid).toBe(ID);
      }
    }
  });

  it('shows of a person what the privacy mode allows, and never metadata or keys', () => {
    const personal = ['Ada', 'Lovelace', 'example.com', 'Analytical', 'Countess', 'Researcher'];
    for (const [value, pii] of matrix()) {
      for (const format of ['ecs', 'ocsf'] as const) {
        const { line } = map(format, value, { pii });
        expect(line).not.toMatch(/-metadata|cluster-key-secret/);
        const shown = personal.filter((word) => line.includes(word));
        if (pii === 'minimal') expect(shown).toEqual([]);
        if (pii === 'names') expect(shown).toEqual(['Ada', 'Lovelace']);
        if (pii === 'full') expect(shown).toEqual(personal);
      }
    }
  });
});
