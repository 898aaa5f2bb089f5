import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../src/event/catalogue.ts';
import { splunkFields } from '../../src/record/splunk.ts';
import { context, entry, ID, TARGETS, targetSets } from './entries.ts';

describe('splunk', () => {
  it('names the changed account as user and the actor as src_user where an account changed', () => {
    expect(splunkFields(entry({ operation: 110, targets: [TARGETS.team, TARGETS.user] }), context)).toEqual({
      event_id: ID,
      vendor_product: 'Clarifai Audit Log',
      vendor_account: 'acme-corp',
      command: 'ORGANIZATION_TEAM_MEMBER_ADD',
      action: 'modified',
      change_type: 'AAA',
      object_category: 'user',
      object_attrs: 'group_membership',
      object: 'bob',
      object_id: 'bob',
      status: 'success',
      user: 'bob',
      src_user: 'alice',
      src: '203.0.113.7',
      src_ip: '203.0.113.7',
      cim_tags: 'change,account',
    });
  });

  it('names the actor as user elsewhere', () => {
    const fields = splunkFields(entry({ success: false }), context);
    expect(fields).toMatchObject({
      user: 'alice',
      status: 'failure',
      object: 'Model one',
      object_id: 'model-1',
    });
    expect(fields).not.toHaveProperty('src_user');
  });

  it('never says that an account was created or deleted: membership is modified', () => {
    for (const { cim } of OPERATIONS.filter((each) => each.cim.tags.includes('account'))) {
      expect(cim.action).toBe('modified');
    }
  });

  it('takes the last target but the app as the object of an operation outside the catalogue', () => {
    const targets = [TARGETS.model, TARGETS.dataset, TARGETS.app];
    expect(splunkFields(entry({ operation: 555, targets }), context)).toMatchObject({
      command: 'EVENT_TYPE_555',
      action: 'modified',
      change_type: 'api',
      object_category: 'dataset',
      object_id: 'ds-1',
    });
    expect(splunkFields(entry({ operation: 555, targets: [] }), context).object_category).toBe('unknown');
  });

  it('has the event id and no empty field for any entry, and no profile fields', () => {
    expect(splunkFields('no object', context)).toEqual({ event_id: ID });
    for (const { code } of OPERATIONS) {
      for (const targets of targetSets(code)) {
        const fields = splunkFields(entry({ operation: code, targets }), context);
        expect(fields.event_id).toBe(ID);
        expect(Object.values(fields).every((value) => typeof value === 'string' && value !== '')).toBe(true);
        expect(JSON.stringify(fields)).not.toMatch(/Ada|example\.com|Countess/);
      }
    }
  });
});
