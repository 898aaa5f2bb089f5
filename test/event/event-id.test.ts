import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { baseIdOf, EVENT_ID_VERSION, twinId } from '../../src/event/event-id.ts';
import { anyEntry, RUNS, rewritten, typedEntry } from './entries.ts';
import { referenceId, referencePreimage } from './reference-id.ts';

interface Vector {
  readonly name: string;
  readonly entry: string;
  readonly id: string;
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'),
);

function idOf(entry: unknown): string {
  return baseIdOf(Buffer.from(typeof entry === 'string' ? entry : JSON.stringify(entry)));
}

const FIELDS = 'req_id timestamp operation user source_ip success description details targets'.split(' ');

/** `entry` with one field as `other` has it. */
function withFieldOf(entry: unknown, other: unknown, field: number): unknown {
  const key = FIELDS[field]!;
  const value = Object.entries(Object(other)).find(([each]) => each === key)?.[1];
  return typeof entry === 'object' && entry !== null ? { ...entry, [key]: value } : other;
}

const sample = {
  timestamp: '2025-01-17T12:31:35.449860Z',
  user: { id: 'ann', first_name: 'Ann', job_title: 'Engineer' },
  operation: 700,
  description: 'Collaborator added',
  targets: [
    { app: { id: 'a', name: 'A', user_id: 'acme' } },
    { user: { id: 'bob', first_name: 'Bob' } },
    { nodepool: { id: 'n', compute_cluster: { id: 'c', user_id: 'acme', description: 'x' } } },
  ],
  details: ['one', 'two'],
  success: true,
  req_id: 'r1',
  source_ip: '203.0.113.7',
};

describe('event id', () => {
  it.each(vectors.map((each) => [each.name, each] as const))('stays as it is: %s', (_name, { entry, id }) => {
    expect(idOf(entry)).toBe(id);
    expect(referenceId(entry)).toBe(id);
  });

  it('has at least 25 vectors, of version 1', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(25);
    expect(EVENT_ID_VERSION).toBe(1);
  });

  it('agrees with a plain implementation over JSON.parse, whatever the fields hold and however it is written', () => {
    const agrees = fc.property(anyEntry, fc.integer(), (entry, seed) => {
      const text = rewritten(entry, seed);
      expect(idOf(text)).toBe(referenceId(text));
    });
    fc.assert(agrees, { numRuns: RUNS });
  });

  it('does not depend on key order, white space, escapes, number forms or the order of targets', () => {
    const same = fc.property(typedEntry, fc.integer(), (entry, seed) => {
      expect(idOf(rewritten(entry, seed))).toBe(idOf(entry));
    });
    fc.assert(same, { numRuns: RUNS });
  });

  it('is shared by two entries only if what identifies them is equal', () => {
    const distinct = fc.property(anyEntry, anyEntry, fc.nat(9), (a, other, choice) => {
      const b = choice === 9 ? other : withFieldOf(a, other, choice);
      const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
      expect(idOf(x) === idOf(y)).toBe(referencePreimage(x) === referencePreimage(y));
    });
    fc.assert(distinct, { numRuns: RUNS });
  });

  it.each([
    ['req_id', { req_id: 'r2' }],
    ['timestamp, by a nanosecond', { timestamp: '2025-01-17T12:31:35.449860001Z' }],
    ['operation', { operation: 701 }],
    ['user', { user: { ...sample.user, id: 'eve' } }],
    ['source_ip', { source_ip: '203.0.113.8' }],
    ['success', { success: false }],
    ['success, of a wrong type', { success: 'true' }],
    ['description', { description: '' }],
    ['the order of details', { details: ['two', 'one'] }],
    ['where details are parted', { details: ['one,two'] }],
    ['a target less', { targets: sample.targets.slice(1) }],
    ['a target twice', { targets: [...sample.targets, sample.targets[0]] }],
    [
      'the kind of a target',
      { targets: [{ team: { id: 'a', user_id: 'acme' } }, ...sample.targets.slice(1)] },
    ],
    ['the id of a target', { targets: [{ app: { id: 'b', user_id: 'acme' } }, ...sample.targets.slice(1)] }],
    [
      'which id field of a target',
      { targets: [{ app: { id: 'a', team_id: 'acme' } }, ...sample.targets.slice(1)] },
    ],
    [
      'the parent of a nodepool',
      {
        targets: [
          ...sample.targets.slice(0, 2),
          { nodepool: { id: 'n', compute_cluster: { id: 'd', user_id: 'acme' } } },
        ],
      },
    ],
  ])('changes with %s (fault 44: same req_id and timestamp, other content)', (_name, change) => {
    expect(idOf({ ...sample, ...change })).not.toBe(idOf(sample));
  });

  it('fault 46: stays when names, profiles or embedded objects change', () => {
    const [app, user, nodepool] = sample.targets;
    const changed = {
      ...sample,
      user: { id: 'ann', first_name: 'Anna', company_name: 'Acme', x: [{ id: 'other' }] },
      targets: [
        { user: { ...user!.user, first_name: 'Robert', visibility: { id: 'q' } } },
        { app: { ...app!.app, name: 'B', latest_version: { id: 'v9', app_id: 'z' }, team_id: '' } },
        {
          nodepool: {
            ...nodepool!.nodepool,
            compute_cluster: { id: 'c', user_id: 'acme', description: 'y' },
          },
        },
      ],
      added_later: { req_id: 'no' },
    };
    expect(idOf(changed)).toBe(idOf(sample));
  });

  it('fault 43: of an entry without req_id comes from the rest, and an empty one counts as none', () => {
    const { req_id: _, ...rest } = sample;
    expect(idOf(rest)).toBe(idOf({ ...sample, req_id: '' }));
    expect(idOf(rest)).not.toBe(idOf({ ...rest, description: 'other' }));
  });

  it('fault 45: of twins is told apart by an ordinal, and the first keeps the base id', () => {
    const base = idOf(sample);
    const ids = [0, 1, 2, 10].map((ordinal) => twinId(base, ordinal));
    expect(ids[0]).toBe(base);
    expect(new Set(ids).size).toBe(4);
    expect(ids[1]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('fault 47: takes a name of the frozen table for its number, and unknown ones as they came', () => {
    expect(idOf({ ...sample, operation: 'COLLABORATOR_ADD' })).toBe(idOf(sample));
    expect(idOf('{"operation":"COLLABOR\\u0041TOR_ADD"}')).toBe(idOf({ operation: 700 }));
    for (const operation of ['BRAND_NEW', '700', 'collaborator_add', '__proto__', 4711]) {
      expect(idOf({ ...sample, operation })).not.toBe(idOf(sample));
    }
    expect(idOf({ targets: [{ new_kind: { id: 'x' } }] })).not.toBe(
      idOf({ targets: [{ new_kind: { id: 'y' } }] }),
    );
  });

  it('fault 48: counts null as absent, and a value of a wrong type as it came', () => {
    const nulls = Object.fromEntries(FIELDS.map((key) => [key, null]));
    expect(idOf(nulls)).toBe(idOf({}));
    const ids = FIELDS.map((key) => idOf({ [key]: { wrong: 1 } }));
    expect(ids[3]).toBe(idOf({}));
    expect(new Set(ids).size).toBe(FIELDS.length);
    expect(idOf({ user: 'x' })).not.toBe(idOf({ user: { id: 'x' } }));
    expect(idOf({ success: false })).toBe(idOf({}));
  });

  it('fault 50: of bytes that are not UTF-8 comes from the bytes themselves', () => {
    const withByte = (byte: number): Buffer =>
      Buffer.concat([Buffer.from('{"description":"\\u0041'), Buffer.from([byte]), Buffer.from('"}')]);
    expect(baseIdOf(withByte(0xff))).not.toBe(baseIdOf(withByte(0xfe)));
    expect(baseIdOf(withByte(0xff))).not.toBe(idOf('{"description":"A\ufffd"}'));
    expect(baseIdOf(withByte(0x42))).toBe(idOf({ description: 'AB' }));
  });

  it('fault 51: keeps lone surrogates apart, and an escaped pair is the character', () => {
    expect(idOf('{"req_id":"\\ud800"}')).not.toBe(idOf('{"req_id":"\\ud801"}'));
    expect(idOf('{"req_id":"\\ud800"}')).not.toBe(idOf('{"req_id":"\ufffd"}'));
    expect(idOf('{"req_id":"\\ud83d\\ude00"}')).toBe(idOf('{"req_id":"😀"}'));
  });

  it('fault 53: reads the last of equal keys, as JSON.parse does', () => {
    expect(idOf('{"req_id":"a","req_id":"b","user":{"id":"x"},"user":{"id":"y","id":"z"}}')).toBe(
      idOf({ req_id: 'b', user: { id: 'z' } }),
    );
    expect(idOf('{"user":{"id":"x"},"user":{}}')).toBe(idOf({}));
    expect(idOf('{"targets":[{"app":{"id":"x"}}],"targets":[]}')).toBe(idOf({}));
    expect(idOf('{"targets":[{"app":{"id":"x"},"\\u0061pp":{"id":"y"}}]}')).toBe(
      idOf({ targets: [{ app: { id: 'y' } }] }),
    );
  });

  it('fault 54: tells integers above 2^53 apart', () => {
    expect(idOf('{"operation":9007199254740993}')).not.toBe(idOf('{"operation":9007199254740992}'));
    expect(idOf('{"operation":7e2}')).toBe(idOf('{"operation":700.0}'));
  });

  it('fault 56: holds a 1 MB text, plain or escaped, to its last byte', () => {
    const long = 'x'.repeat(1 << 20);
    expect(idOf({ description: `${long}\n` })).toBe(
      referenceId(JSON.stringify({ description: `${long}\n` })),
    );
    expect(idOf({ description: long, details: [long] })).toBe(
      referenceId(JSON.stringify({ description: long, details: [long] })),
    );
    expect(idOf({ description: `${long}a` })).not.toBe(idOf({ description: `${long}b` }));
  });

  it('sorts any number of targets, and does not remember those of the entry before', () => {
    const targets = Array.from({ length: 300 }, (_, n) => ({ app: { id: `${(n * 7919) % 300}` } }));
    const sorted = targets.toSorted((a, b) => (a.app.id < b.app.id ? -1 : 1));
    expect(idOf({ targets })).toBe(idOf({ targets: sorted }));
    expect(idOf({ targets })).toBe(referenceId(JSON.stringify({ targets })));
    expect(idOf({ targets: sorted.slice(0, 3) })).toBe(
      referenceId(JSON.stringify({ targets: sorted.slice(0, 3) })),
    );
  });
});
