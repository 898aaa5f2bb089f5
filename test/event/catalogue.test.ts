import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  actionOf,
  OPERATION_CODES,
  OPERATIONS,
  operationByCode,
  operationByName,
  TARGET_KINDS,
} from '../../src/event/catalogue.ts';

const PROTO = new URL(
  '../../node_modules/clarifai-nodejs-grpc/proto/clarifai/api/resources.proto',
  import.meta.url,
);

function block(opening: string): string {
  const proto = readFileSync(PROTO, 'utf8');
  const from = proto.indexOf(`${opening} {`);
  if (from < 0) throw new Error(`${PROTO} has no "${opening}"`);
  return proto.slice(from, proto.indexOf('\n}', from));
}

function protoEventTypes(): Map<string, number> {
  const values = block('enum EventType').matchAll(/^\s*([A-Z_]+) = (\d+)/gm);
  return new Map([...values].map(([, name, code]) => [name!, Number(code)]));
}

describe('catalogue', () => {
  it('has every event type of the proto, by name and code (else the message names what is new there)', () => {
    const proto = protoEventTypes();
    const fresh = [...proto].filter(([name, code]) => code !== 0 && operationByName(name)?.code !== code);
    const gone = OPERATIONS.filter(({ name, code }) => proto.get(name) !== code).map(({ name }) => name);
    expect({ fresh, gone }).toEqual({ fresh: [], gone: [] });
    expect(proto.size).toBe(48);
  });

  it('has every kind of target of the proto', () => {
    const kinds = [...block('message AuditLogTarget').matchAll(/^\s+\w+ (\w+) = \d+;/gm)].map(
      ([, kind]) => kind,
    );
    expect(TARGET_KINDS).toEqual(kinds);
  });

  it('finds an event type by code and by exact name, and no other', () => {
    for (const each of OPERATIONS) {
      expect(operationByCode(each.code)).toBe(each);
      expect(operationByName(each.name)).toBe(each);
    }
    for (const name of ['', 'model_create', '__proto__', 'constructor', 'EVENT_TYPE_NOT_SET']) {
      expect(operationByName(name)).toBeUndefined();
    }
    for (const code of [0, -1, 300.5, Number.NaN, 555]) expect(operationByCode(code)).toBeUndefined();
  });

  it('keeps the names of event id version 1 as they are (a change gives stored entries new ids)', () => {
    const table = [...OPERATION_CODES].map(([name, code]) => `${code} ${name}\n`).join('');
    expect(OPERATION_CODES.size).toBe(48);
    expect(OPERATION_CODES.get('EVENT_TYPE_NOT_SET')).toBe(0);
    expect(OPERATION_CODES.get('MODEL_CREATE')).toBe(300);
    expect(createHash('sha256').update(table).digest('hex')).toBe(
      'fa6b292db10e5274158d96a8da58dbb21948f76f02e88a49ebed180a6b04edc7',
    );
  });

  it('gives an operation that is no event type yet the action of its name', () => {
    expect(actionOf('DATASET_VERSION_CREATE')).toBe('dataset-version-create');
  });
});

const MAPPING = new URL('../../../shared/schemas/event-mapping.json', import.meta.url);
const hasMapping = existsSync(MAPPING);

interface MappingRow {
  readonly code: number;
  readonly name: string;
  readonly ecs: Readonly<Record<string, unknown>>;
  readonly ocsf: Readonly<Record<string, unknown>> & {
    readonly overrides: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly splunk_cim: Readonly<Record<string, unknown>>;
  readonly targets_expected: readonly string[];
  readonly primary_target: string | null;
}

describe('catalogue against the mapping facts', () => {
  const reason = hasMapping ? '' : ' (skipped: ../shared/schemas/event-mapping.json is not there)';
  it.skipIf(!hasMapping)(`agrees in every column of every event type${reason}`, () => {
    const { events } = JSON.parse(readFileSync(MAPPING, 'utf8')) as { events: MappingRow[] };
    expect(OPERATIONS.map(({ code }) => code)).toEqual(events.map(({ code }) => code));
    for (const row of events) {
      const { name, ecs, ocsf, ocsf13, cim, targets, primaryTarget } = operationByCode(row.code)!;
      const old = row.ocsf.overrides['1.3'] ?? row.ocsf;
      expect({
        name,
        ecs: { 'event.action': ecs.action, 'event.category': ecs.category, 'event.type': ecs.type },
        ocsf: [ocsf.classUid, ocsf.activityId, ocsf.activityName, ocsf.severityId, ocsf.severityIdOnFailure],
        ocsf13: [ocsf13.classUid, ocsf13.activityId, ocsf13.activityName],
        cim: [cim.tags, cim.action, cim.changeType, cim.objectCategory, cim.objectAttribute ?? null],
        targets: targets.map(({ kind, optional }) => (optional ? `${kind}?` : kind)),
        primary: primaryTarget ?? null,
      }).toEqual({
        name: row.name,
        ecs: row.ecs,
        ocsf: [
          row.ocsf.class_uid,
          row.ocsf.activity_id,
          row.ocsf.activity_name,
          row.ocsf.severity_id,
          row.ocsf.severity_id_on_failure,
        ],
        ocsf13: [old.class_uid, old.activity_id, old.activity_name],
        cim: [
          row.splunk_cim.tags,
          row.splunk_cim.action,
          row.splunk_cim.change_type,
          row.splunk_cim.object_category,
          row.splunk_cim.object_attrs,
        ],
        targets: row.targets_expected,
        primary: row.primary_target,
      });
    }
  });
});
