import { describe, expect, it } from 'vitest';
import { entry, type Json, person, record, TARGETS } from './entries.ts';

function ocsf(
  operation: number,
  targets: unknown[],
  change: Record<string, unknown> = {},
  version: '1.8.0' | '1.3.0' = '1.8.0',
): Json {
  return record('ocsf', entry({ operation, targets, ...change }), { ocsfVersion: version });
}

const BOB = { uid: 'bob', name: 'bob', type_id: 1, type: 'User' };
const UNKNOWN = { name: 'unknown', type_id: 0, type: 'Unknown' };

describe('ocsf', () => {
  it('is API Activity for things, with what it is about as target and the rest as related', () => {
    const { class_uid, api, resources, src_endpoint } = ocsf(303, [
      TARGETS.app,
      TARGETS.model_version,
      TARGETS.model,
    ]);
    expect(class_uid).toBe(6003);
    expect(api).toEqual({
      operation: 'MODEL_VERSION_CREATE',
      request: { uid: 'req-1' },
      service: { name: 'Clarifai' },
    });
    expect(resources.map((each: Json) => [each.type, each.uid, each.role_id])).toEqual([
      ['app', 'app-1', 4],
      ['model_version', 'v3', 1],
      ['model', 'model-1', 4],
    ]);
    expect(resources[1]).toMatchObject({ namespace: 'app-1', owner: { uid: 'acme-corp' } });
    expect(src_endpoint).toEqual({ ip: '203.0.113.7' });
  });

  it('is User Access Management for roles and collaborators, with placeholders for what it cannot do without', () => {
    expect(ocsf(101, [TARGETS.user, TARGETS.role])).toMatchObject({
      class_uid: 3005,
      activity_name: 'Assign Privileges',
      user: BOB,
      privileges: ['org-admin'],
    });
    expect(ocsf(101, [])).toMatchObject({ user: UNKNOWN, privileges: ['unspecified'] });
    expect(ocsf(702, [TARGETS.app, TARGETS.user])).toMatchObject({
      activity_name: 'Revoke Privileges',
      user: BOB,
      privileges: ['collaborator'],
      resources: [{ type: 'app', uid: 'app-1', role_id: 4 }],
    });
    expect(ocsf(101, [{ role: { scopes: ['Inputs:Get', 'Apps:Get'], name: 'R' } }]).privileges).toEqual([
      'Inputs:Get',
      'Apps:Get',
    ]);
  });

  it('is Group Management for teams and memberships; the organization is a group that is no target', () => {
    expect(ocsf(110, [TARGETS.user, TARGETS.team])).toMatchObject({
      class_uid: 3006,
      activity_name: 'Add User',
      group: { uid: 'red', name: 'Red team', type: 'Team' },
      user: BOB,
    });
    expect(ocsf(100, [TARGETS.user]).group).toEqual({ uid: 'acme-corp', type: 'Organization' });
    expect(ocsf(112, [TARGETS.app, TARGETS.team])).toMatchObject({
      privileges: ['unspecified'],
      resource: { type: 'app', uid: 'app-1', role_id: 4 },
    });
    expect(ocsf(107, []).group).toEqual({ name: 'unknown', type: 'Team' });
  });

  it('takes who accepts an invitation for who joins when no user is named', () => {
    expect(ocsf(105, []).user.uid).toBe('alice');
    expect(ocsf(105, [TARGETS.user]).user.uid).toBe('bob');
    expect(ocsf(100, []).user).toEqual(UNKNOWN);
  });

  it('is Entity Management for invitations and profiles', () => {
    expect(ocsf(106, [TARGETS.user])).toMatchObject({
      class_uid: 3004,
      activity_id: 99,
      activity_name: 'Decline',
      type_name: 'Entity Management: Other',
      entity: { type_id: 99, type: 'Organization Invitation', org: { uid: 'acme-corp' }, user: BOB },
    });
    expect(ocsf(800, [TARGETS.user]).entity).toEqual({ type_id: 2, type: 'User', user: BOB });
  });

  it('in 1.3 manages teams as entities, has one resource, no role_id, and the host profile for actors', () => {
    expect(ocsf(108, [TARGETS.team], {}, '1.3.0')).toMatchObject({
      class_uid: 3004,
      activity_id: 3,
      entity: { type_id: 3, group: { uid: 'red' } },
      metadata: { version: '1.3.0', profiles: ['datetime', 'host'] },
    });
    const access = ocsf(700, [TARGETS.app, TARGETS.user], {}, '1.3.0');
    expect([access.resource.uid, access.resources]).toEqual(['app-1', undefined]);
    expect(JSON.stringify(ocsf(300, [TARGETS.app], {}, '1.3.0'))).not.toContain('role_id');
    expect(ocsf(300, [], {}, '1.3.0').metadata.profiles).toEqual(['datetime']);
  });

  it('is low in severity when the operation failed, and says what happened', () => {
    expect(ocsf(300, [], { success: false })).toMatchObject({
      severity_id: 2,
      status_id: 2,
      status: 'Failure',
      status_detail: 'Changed the notes; Added a toolkit',
    });
    expect(ocsf(300, [])).toMatchObject({ severity_id: 1, severity: 'Informational', status_id: 1 });
    expect(ocsf(300, [], { success: undefined })).toMatchObject({ severity_id: 1, status_id: 0 });
  });

  it('has placeholders in API Activity for an actor and a source that the entry does not name, not elsewhere', () => {
    const nobody = { user: undefined, source_ip: '' };
    expect(ocsf(300, [], nobody)).toMatchObject({
      actor: { user: UNKNOWN },
      src_endpoint: { name: 'unknown' },
    });
    const identity = ocsf(110, [TARGETS.team], nobody);
    expect([identity.actor, identity.src_endpoint, identity.observables]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('leaves out an e-mail address that the schema refuses', () => {
    const user = { ...person('alice'), primary_email: 'not an address' };
    expect(record('ocsf', entry({ user }), { pii: 'full' }).actor.user).not.toHaveProperty('email_addr');
    expect(record('ocsf', entry(), { pii: 'full' }).actor.user).toMatchObject({
      full_name: 'Ada Lovelace-alice',
      email_addr: 'alice@example.com',
      org: { name: 'Analytical Engines' },
      ldap_person: { job_title: 'Countess' },
    });
  });
});
