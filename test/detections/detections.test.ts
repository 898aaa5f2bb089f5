import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileRules, shortName } from './evaluate.ts';
import { entry, normalMonth } from './records.ts';
import { RULES_FOLDER, type SigmaRule } from './rule.ts';
import { NEAR_MISSES, SCENARIOS } from './scenarios.ts';

const set = compileRules();
const alerts = set.rules.filter(({ name }) => name === undefined);

/**
 * How often a rule may fire in a normal month of 40 people and 20,000 entries. These see acts of normal
 * administration, so they are `low` or `informational`; a rule not named here must be silent.
 * The generated month changes roles and visibility far more often than people do.
 */
const MOST_A_MONTH: Readonly<Record<string, number>> = {
  admin_role_given: 250,
  compute_cluster_created: 120,
  compute_cluster_deleted: 60,
  iam_change_refused: 100,
  member_added: 220,
  nodepool_changed: 750,
  profile_updated: 400,
  role_changed: 350,
  team_app_access_given: 150,
  team_changed: 400,
  visibility_public: 1_300,
};

describe('detections', () => {
  it('have a scenario each', () => {
    expect(Object.keys(SCENARIOS).sort()).toEqual(alerts.map(({ file }) => shortName(file)).sort());
  });

  it.each(Object.entries(SCENARIOS))('%s fires once on its scenario', (rule, events) => {
    expect(set.count(events)[rule]).toBe(1);
  });

  it.each(Object.entries(NEAR_MISSES))('stay silent on %s', (label, events) => {
    expect(set.count(events)[label.split(':')[0]!]).toBe(0);
  });

  it('do not take a failed deletion for a deletion', () => {
    const failed = SCENARIOS.mass_model_deletion!.map((event) => ({
      ...event,
      event: { ...(event.event as object), outcome: 'failure' },
    }));
    expect(set.count(failed)).toMatchObject({ mass_model_deletion: 0, failures_repeated: 1 });
  });

  it('know an event type that came later, shown by its number or its name', () => {
    const later = [4711, 'DATASET_CREATE', 'MODEL_CREATE'].map((operation, i) => entry({ operation }, i));
    expect(set.count(later).unknown_event).toBe(2);
  });

  it('count each user apart', () => {
    const shared = SCENARIOS.mass_model_deletion!.map((event, i) => ({
      ...event,
      user: { id: `user-${i % 2}` },
    }));
    expect(set.count(shared).mass_model_deletion).toBe(0);
  });

  it('are silent on collaborators added from a known network', () => {
    expect(set.count(SCENARIOS.collaborator_added_many!).collaborator_added_outside_networks).toBe(0);
  });

  it('stand in the table of the README, each with its level', () => {
    const readme = readFileSync(`${RULES_FOLDER}README.md`, 'utf8');
    const row = ({ file, level }: SigmaRule) => `| \`${shortName(file)}\` | ${level} |`;
    expect(alerts.map(row).filter((text) => !readme.includes(text))).toEqual([]);
    expect(readme.match(/^\| `/gm)).toHaveLength(alerts.length);
  });
});

describe.each([1, 3])('detections in a normal month, seed %i', (seed) => {
  let counts: Readonly<Record<string, number>>;
  beforeAll(() => {
    counts = set.count(normalMonth(seed));
  });

  it.each(alerts.map((rule) => [shortName(rule.file), rule] as const))(
    '%s fires as often as expected',
    (name, rule) => {
      const most = MOST_A_MONTH[name] ?? 0;
      expect(counts[name]).toBeLessThanOrEqual(most);
      if (most === 0) return;
      // Silence would mean that the rule sees nothing at all.
      expect(counts[name]).toBeGreaterThan(0);
      expect(['informational', 'low']).toContain(rule.level);
    },
  );
});
