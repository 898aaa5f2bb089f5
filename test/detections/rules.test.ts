import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/event/catalogue.ts';
import { shortName } from './evaluate.ts';
import { loadRules, type Selection, type SigmaRule } from './rule.ts';

const rules = loadRules();
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];
const ACTIONS = new Set(OPERATIONS.map(({ ecs }) => ecs.action));

const isAlert = ({ name }: SigmaRule) => name === undefined;

/** Every value of `event.action`, exact ones only, that a rule asks for. */
function actionsOf({ detection = { condition: '' } }: SigmaRule): string[] {
  return Object.values(detection)
    .filter((selection): selection is Selection => typeof selection === 'object')
    .flatMap((selection) => selection['event.action'] ?? [])
    .map(String);
}

describe('detection rules', () => {
  it('are at least 14, one alerting rule a file', () => {
    const files = rules.filter(isAlert).map(({ file }) => file);
    expect(files.length).toBeGreaterThanOrEqual(14);
    expect(new Set(files).size).toBe(files.length);
  });

  it.each(rules.map((rule) => [`${shortName(rule.file)}: ${rule.title}`, rule] as const))(
    'are complete: %s',
    (_, rule) => {
      expect(rule.file).toMatch(/^clarifai_audit_[a-z_]+\.yml$/);
      expect(rule.title).toMatch(/^Clarifai .{5,90}$/);
      expect(rule.id).toMatch(UUID_V4);
      expect(rule.status).toBe('experimental');
      expect(rule.description?.length).toBeGreaterThan(20);
      expect(rule.references?.[0]).toMatch(/^https:\/\/docs\.clarifai\.com\/.*audit-log$/);
      expect(rule.author).toBe('clarifai-siem-export');
      expect(rule.date).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(LEVELS).toContain(rule.level);
      expect(rule.falsepositives?.length).toBeGreaterThan(0);
      for (const text of rule.falsepositives ?? []) expect(text).toBeTypeOf('string');
      for (const tag of rule.tags ?? []) expect(tag).toMatch(/^attack\.(t\d{4}(\.\d{3})?|[a-z]+(-[a-z]+)*)$/);
      if (rule.correlation === undefined)
        expect(rule.logsource).toEqual({ product: 'clarifai', service: 'audit' });
      else expect(rule.logsource).toBeUndefined();
    },
  );

  it('have ids, titles and names of their own', () => {
    for (const key of ['id', 'title', 'name'] as const) {
      const values = rules.map((rule) => rule[key]).filter((value) => value !== undefined);
      expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([]);
    }
  });

  it('ask for actions that the catalogue has', () => {
    const asked = rules.flatMap(actionsOf);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((action) => !ACTIONS.has(action))).toEqual([]);
  });

  it('correlate rules of their own file, and every named rule is correlated', () => {
    const named = rules.filter(({ name }) => name !== undefined).map(({ file, name }) => `${file} ${name}`);
    const used = rules.flatMap(({ file, correlation }) =>
      (correlation?.rules ?? []).map((name) => `${file} ${name}`),
    );
    expect(used.sort()).toEqual(named.sort());
  });
});
