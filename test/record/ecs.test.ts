import { describe, expect, it } from 'vitest';
import { ecsFaults } from './ecs-oracle.ts';
import { entry, map, person, record, TARGETS } from './entries.ts';

describe('ecs', () => {
  it('names the actor, the user, team and roles acted on, and all users in related.user', () => {
    const { user, group, related } = record(
      'ecs',
      entry({
        operation: 110,
        targets: [TARGETS.role, TARGETS.team, TARGETS.user, { user: { id: 'alice' } }],
      }),
    );
    expect(user).toEqual({
      id: 'alice',
      name: 'alice',
      target: { id: 'bob', name: 'bob', group: { id: 'red', name: 'Red team' }, roles: ['org-admin'] },
    });
    expect(group).toEqual({ id: 'red', name: 'Red team' });
    expect(related.user).toEqual(['alice', 'bob']);
  });

  it('has one array of ids a kind, and every target with the ids above it', () => {
    const { audit } = record(
      'ecs',
      entry({
        targets: [TARGETS.app, TARGETS.model_version, { model_version: { id: 'v4' } }, TARGETS.nodepool],
      }),
    ).clarifai;
    expect([audit.app.id, audit.model_version.id]).toEqual([['app-1'], ['v3', 'v4']]);
    expect(audit.targets).toEqual([
      { app: { id: 'app-1', name: 'App one', user_id: 'acme-corp' } },
      { model_version: { id: 'v3', user_id: 'acme-corp', app_id: 'app-1' } },
      { model_version: { id: 'v4' } },
      { nodepool: { id: 'np-1', compute_cluster_id: 'cc-1' } },
    ]);
  });

  it('shows profile fields where ECS has a place for them, the rest under clarifai.audit.actor', () => {
    const { user, clarifai } = record('ecs', entry({ targets: [] }), { pii: 'full' });
    expect(user).toEqual({
      id: 'alice',
      name: 'alice',
      full_name: 'Ada Lovelace-alice',
      email: 'alice@example.com',
    });
    expect(clarifai.audit.actor).toEqual({
      company_name: 'Analytical Engines',
      job_title: 'Countess',
      job_role: 'Researcher',
    });
  });

  it('finds the e-mail address in user_detail when the user itself has none', () => {
    const user = { ...person('alice'), primary_email: '', user_detail: { primary_email: 'a@example.org' } };
    expect(record('ecs', entry({ user }), { pii: 'full' }).user.email).toBe('a@example.org');
  });

  it('says how it ended: success, failure, or unknown when the entry does not say', () => {
    const outcomes = [true, false, undefined].map(
      (success) => record('ecs', entry({ success })).event.outcome,
    );
    expect(outcomes).toEqual(['success', 'failure', 'unknown']);
  });

  it('has the details as message, else the description, else none', () => {
    expect(record('ecs', entry()).message).toBe('Changed the notes; Added a toolkit');
    expect(record('ecs', entry({ details: ['', ''] })).message).toBe('Models created');
    expect(record('ecs', entry({ details: [], description: '' }))).not.toHaveProperty('message');
  });

  it('carries the whole entry in event.original only when asked', () => {
    expect(record('ecs', entry()).event).not.toHaveProperty('original');
    const with_ = record('ecs', entry(), { includeOriginal: true });
    expect(JSON.parse(with_.event.original)).toEqual(entry());
    expect(ecsFaults(with_)).toEqual([]);
  });

  it('gives the same line for the same entry', () => {
    expect(map('ecs', entry()).line).toBe(map('ecs', entry()).line);
  });
});
