import { describe, expect, it } from 'vitest';
import { createMapper } from '../../src/record/formats.ts';
import { ecsFaults } from './ecs-oracle.ts';
import { context, counted, entry, FORMATS, ID, type Json, map, options, record, TARGETS } from './entries.ts';
import { HAS_SCHEMAS, ocsfFaults } from './ocsf-oracle.ts';

/** The record of entry text as it came, for what no object can say. */
function fromText(format: 'raw' | 'ecs' | 'ocsf', text: string): Json {
  return JSON.parse(createMapper(format, options())(Buffer.from(text), true, context).line);
}

function faultsOf(format: 'raw' | 'ecs' | 'ocsf', value: Json): string[] {
  if (format === 'ecs') return ecsFaults(value);
  return format === 'ocsf' && HAS_SCHEMAS ? ocsfFaults(value, '1.8.0') : [];
}

function idOf(value: Json): string | undefined {
  return value.id ?? value.event?.id ?? value.metadata?.uid;
}

describe('odd entries', () => {
  it('fault 43: an entry without req_id has no correlation, and everything else', () => {
    for (const req_id of [undefined, '', null]) {
      const ecs = record('ecs', entry({ req_id }));
      expect([ecs.http, ecs.clarifai.audit.req_id, ecs.event.action]).toEqual([
        undefined,
        undefined,
        'model-create',
      ]);
      const ocsf = record('ocsf', entry({ req_id }));
      expect([ocsf.metadata.correlation_uid, ocsf.api.request]).toEqual([undefined, undefined]);
    }
  });

  it('fault 47: an operation outside the catalogue is kept under its code or its name, and counted', () => {
    const byCode = record('ecs', entry({ operation: 555 }));
    expect(byCode.event).toMatchObject({
      action: 'event-type-555',
      code: '555',
      category: ['configuration'],
      type: ['info'],
    });
    expect(byCode.clarifai.audit.operation).toBe('EVENT_TYPE_555');
    const byName = record('ecs', entry({ operation: 'DATASET_CREATE' }));
    expect(byName.event.action).toBe('dataset-create');
    expect(byName.event).not.toHaveProperty('code');
    expect(record('ocsf', entry({ operation: 555 }))).toMatchObject({
      class_uid: 6003,
      activity_id: 99,
      activity_name: 'EVENT_TYPE_555',
      type_uid: 600399,
      metadata: { event_code: '555' },
      api: { operation: 'EVENT_TYPE_555' },
    });
    expect(counted(entry({ operation: 555 }))).toEqual(['unknown_operation']);
    expect(counted(entry({ operation: undefined }))).toEqual(['unknown_operation']);
    expect(record('ecs', entry({ operation: undefined })).event.action).toBe('event-type-0');
  });

  it('fault 47: a target of an unknown kind is kept as a value, never as a key, and counted', () => {
    const value = entry({ targets: [TARGETS.dataset, { 'odd.kind\0': { id: 'x' } }] });
    const { targets } = record('ecs', value).clarifai.audit;
    expect(targets).toEqual([
      { other: { kind: 'dataset', id: 'ds-1', user_id: 'acme-corp', app_id: 'app-1' } },
      { other: { kind: 'odd.kind\0', id: 'x' } },
    ]);
    expect(counted(value)).toEqual(['unknown_target_kind', 'unknown_target_kind']);
    const named = entry({ targets: [{ contact: { id: 'c-1', name: 'Ada' } }] });
    expect(record('ecs', named).clarifai.audit.targets).toEqual([{ other: { kind: 'contact', id: 'c-1' } }]);
    expect(record('ecs', named, { pii: 'names' }).clarifai.audit.targets[0].other.name).toBe('Ada');
    expect(record('ocsf', value).resources[0]).toMatchObject({ type: 'dataset', uid: 'ds-1' });
  });

  it('fault 48: nulls and values of the wrong type are left out and counted by field', () => {
    const value = {
      timestamp: 5,
      user: 'alice',
      operation: {},
      description: [],
      targets: [null, 7, { app: null }, { app: { id: 5, name: 'A' } }],
      details: ['ok', 5, null],
      success: 'yes',
      req_id: null,
      source_ip: 1,
    };
    expect([...new Set(counted(value))]).toEqual([
      'undated',
      'unknown_operation',
      'wrong_type.description',
      'wrong_type.details',
      'wrong_type.operation',
      'wrong_type.req_id',
      'wrong_type.source_ip',
      'wrong_type.success',
      'wrong_type.target',
      'wrong_type.target.id',
      'wrong_type.timestamp',
      'wrong_type.user',
    ]);
    expect(counted(entry({ targets: {} }))).toEqual(['wrong_type.targets']);
    const ecs = record('ecs', value);
    expect([ecs.message, ecs.event.outcome, ecs.user, ecs.source]).toEqual([
      'ok',
      'unknown',
      undefined,
      undefined,
    ]);
    expect(ecs.clarifai.audit.targets).toEqual([{ app: { name: 'A' } }]);
    for (const format of ['ecs', 'ocsf'] as const)
      expect(faultsOf(format, record(format, value))).toEqual([]);
  });

  it('fault 49: a field that is new is counted and stays in the raw record', () => {
    expect(counted(entry({ severity: 'high' }))).toEqual(['unknown_field']);
    expect(record('raw', entry({ severity: 'high' })).entry.severity).toBe('high');
    expect(map('ecs', entry({ severity: 'high' })).line).not.toContain('high');
  });

  it('fault 50: bytes that are not UTF-8 give a minimal record with the original in base64', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"timestamp":"2025-01-17T12:00:00Z","x":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    for (const [format, ocsfVersion] of FORMATS) {
      const mapped = createMapper(format, options({ ocsfVersion }))(bytes, false, context);
      const value = JSON.parse(mapped.line);
      expect([mapped.minimal, mapped.date, idOf(value)]).toEqual([true, '2025-01-17', ID]);
      const vendor = value.clarifai?.audit ?? value.unmapped?.clarifai;
      const original = value.raw_b64 ?? vendor?.original_base64;
      expect(Buffer.from(original, 'base64').equals(bytes)).toBe(true);
      if (ocsfVersion === '1.8.0') expect(faultsOf(format, value)).toEqual([]);
      else if (HAS_SCHEMAS) expect(ocsfFaults(value, ocsfVersion)).toEqual([]);
      if (format === 'ecs')
        expect([value.event.kind, value.tags.at(-1)]).toEqual(['pipeline_error', 'clarifai-not-utf8']);
    }
  });

  it('fault 51: a lone surrogate is U+FFFD in a record, and stays escaped in raw', () => {
    const text = '{"operation":300,"details":["a\\ud800b"]}';
    expect(fromText('ecs', text).message).toBe('a\ufffdb');
    expect(fromText('ocsf', text).message).toBe('a\ufffdb');
    expect(createMapper('raw', options())(Buffer.from(text), true, context).line).toContain('a\\ud800b');
  });

  it('fault 52: keys like __proto__ are keys like others', () => {
    const text =
      '{"__proto__":{"success":true,"req_id":"no"},"constructor":1,"operation":300,' +
      '"user":{"__proto__":{"id":"no"}},"targets":[{"__proto__":{"id":"p"}},{"constructor":{"id":"c"}}]}';
    const ecs = fromText('ecs', text);
    expect([ecs.user, ecs.http, ecs.event.outcome]).toEqual([undefined, undefined, 'unknown']);
    expect(ecs.clarifai.audit.targets).toEqual([
      { other: { kind: '__proto__', id: 'p' } },
      { other: { kind: 'constructor', id: 'c' } },
    ]);
    expect(({} as Json).success).toBeUndefined();
    expect(fromText('ocsf', text).resources).toHaveLength(2);
  });

  it('fault 53: of a key that comes twice the last is shown, and raw keeps both', () => {
    const text = '{"operation":300,"req_id":"one","req_id":"two"}';
    expect(fromText('ecs', text).http.request.id).toBe('two');
    expect(createMapper('raw', options())(Buffer.from(text), true, context).line).toContain(
      `"entry":${text}}`,
    );
  });

  it('fault 54: a number beyond 2^53 is not rounded: raw keeps its digits, a record leaves it out', () => {
    const text = '{"operation":12345678901234567890,"user":{"id":12345678901234567890}}';
    expect(createMapper('raw', options())(Buffer.from(text), true, context).line).toContain(
      `"entry":${text}}`,
    );
    expect(createMapper('ecs', options())(Buffer.from(text), true, context).line).not.toContain('1234567890');
  });

  it('fault 55: 100,000 levels of nesting neither throw nor reach a record', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const text = `{"operation":300,"req_id":"r","details":${deep},"targets":[{"app":{"id":${deep}}}],"x":${deep}}`;
    for (const format of ['ecs', 'ocsf'] as const)
      expect(faultsOf(format, fromText(format, text))).toEqual([]);
    expect(fromText('ecs', text).http.request.id).toBe('r');
    expect(createMapper('raw', options())(Buffer.from(text), true, context).line).toContain(text);
  });

  it('fault 56: a detail of 1 MB is whole in ECS and OCSF 1.8, and cut with its hash in OCSF 1.3', () => {
    const value = entry({ details: ['é'.repeat(500_000)] });
    expect(record('ecs', value).message).toHaveLength(500_000);
    expect(record('ocsf', value).message).toHaveLength(500_000);
    const old = record('ocsf', value, { ocsfVersion: '1.3.0' });
    expect(old.message).toMatch(/^é{65000,}…sha256:[0-9a-f]{64}$/);
    expect(old.message).toHaveLength(65_535);
    expect(old.unmapped.clarifai.details[0]).toHaveLength(500_000);
    if (HAS_SCHEMAS) expect(ocsfFaults(old, '1.3.0')).toEqual([]);
  });

  it('fault 57: control characters and line separators are escaped, and come back', () => {
    const text = 'a\nb\0c\u001b[31md\u2028e\u2029f\u0085g\u009bh\u007f"\\';
    for (const [format, ocsfVersion] of FORMATS) {
      const { line } = map(format, entry({ details: [text] }), { ocsfVersion });
      if (format !== 'raw') expect(line).toMatch(/^[ -~]*$/);
      expect(JSON.stringify(JSON.parse(line))).toContain(JSON.stringify(text).slice(1, -1));
    }
  });

  it('fault 58: only what is an address goes to address fields', () => {
    const cases: [string, boolean][] = [
      ['203.0.113.7', true],
      ['2001:db8::5', true],
      ['::ffff:1.2.3.4', true],
      ['fe80::1%eth0', false],
      ['1.2.3', false],
      ['01.2.3.4', false],
      ['203.0.113.7, 10.0.0.1', false],
      ['203.0.113.7:443', false],
      ['localhost', false],
    ];
    for (const [source_ip, valid] of cases) {
      const ecs = record('ecs', entry({ source_ip }));
      expect(ecs.source).toEqual(valid ? { ip: source_ip, address: source_ip } : { address: source_ip });
      expect(ecs.related.ip).toEqual(valid ? [source_ip] : undefined);
      const ocsf = record('ocsf', entry({ source_ip }));
      expect(ocsf.src_endpoint).toEqual(valid ? { ip: source_ip } : { name: source_ip });
      expect(faultsOf('ocsf', ocsf)).toEqual([]);
      expect(counted(entry({ source_ip }))).toEqual(valid ? [] : ['odd_address']);
    }
    expect(record('ocsf', entry({ source_ip: '' })).src_endpoint).toEqual({ name: 'unknown' });
  });

  it('an entry that is no object gives a minimal record', () => {
    for (const text of ['[]', 'null', '"x"', '5', 'not json']) {
      for (const format of ['raw', 'ecs', 'ocsf'] as const) {
        const mapped = createMapper(format, options())(Buffer.from(text), true, context);
        expect([mapped.minimal, idOf(JSON.parse(mapped.line)), mapped.date]).toEqual([true, ID, undefined]);
        expect(faultsOf(format, JSON.parse(mapped.line))).toEqual([]);
      }
    }
  });
});
