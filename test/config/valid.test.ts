import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { useConfigFolder } from './support.ts';

const { load } = useConfigFolder();

const id = fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/).map((text) => `x${text}`);
const duration = (least: number, most: number, unit: string) =>
  fc.integer({ min: least, max: most }).map((count) => `${count}${unit}`);

const daysBack = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 4 });

const source = fc.record(
  {
    user_id: fc.constantFrom('u', 'acme-corp', 'a b'),
    pat: fc.stringMatching(/^[A-Za-z0-9]{1,40}$/),
    base_url: fc.constantFrom(
      'https://api.clarifai.com',
      'http://127.0.0.1:9/',
      'http://[::1]:1',
      'http://localhost',
    ),
    start: fc.oneof(
      fc.constantFrom('now', '2025-01-01T00:00:00Z'),
      duration(1, 900, 'd').map((d) => `-${d}`),
    ),
    schedule: fc.constantFrom('* * * * *', '*/10 * * * * *', '30 3 * * 1'),
    settle: duration(0, 3_600, 's'),
    overlap: duration(1, 600, 'm'),
    requests_per_second: fc.double({ min: 0.001, max: 1_000, noNaN: true }),
    page_size: fc.integer({ min: 1, max: 1_000 }),
    filter: fc.record(
      {
        operations: fc.array(fc.oneof(fc.constant('MODEL_CREATE'), fc.nat())),
        targets: fc.array(fc.constantFrom({ app: { id: 'x' } }, { user: {} })),
        success: fc.constantFrom(true, false, null),
      },
      { requiredKeys: [] },
    ),
    reconcile: fc.oneof(fc.constant(false), fc.record({ days_back: daysBack })),
  },
  { requiredKeys: ['user_id', 'pat'] },
);

const sink = fc.record(
  {
    format: fc.constantFrom('ecs', 'ocsf', 'raw'),
    from: fc.constantFrom('earliest', 'now'),
    records: fc.record({ pii: fc.constantFrom('minimal', 'names', 'full') }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

const file = fc.record({
  sources: fc.array(fc.tuple(id, source), { minLength: 1, maxLength: 4 }),
  sinks: fc.array(fc.tuple(id, sink), { maxLength: 4 }),
  retention: duration(42, 4_000, 'd'),
  server: fc.oneof(fc.constant(false), fc.record({ port: fc.integer({ min: 0, max: 65_535 }) })),
});

describe('a valid config', () => {
  it('is never refused, and every sink has sources that exist', () => {
    fc.assert(
      fc.property(file, ({ sources, sinks, retention, server }) => {
        const config = load(
          JSON.stringify({
            sources: sources.map(([name, each], i) => ({ ...each, id: `${name}-${i}` })),
            sinks: sinks.map(([name, each], i) => ({
              ...each,
              id: `${name}-${i}`,
              ...(i === 0 ? { type: 'stdout' } : { type: 'file', path: `out-${i}` }),
            })),
            journal: { retention },
            server,
          }),
        );
        const ids = config.sources.map((each) => each.id);
        expect(ids).toHaveLength(sources.length);
        for (const each of config.sinks) expect(each.sources).toEqual(ids);
        expect(config.sources.map(({ pat }) => pat.reveal())).toEqual(sources.map(([, { pat }]) => pat));
      }),
      { numRuns: 60 },
    );
  });
});
