import { describe, expect, it } from 'vitest';
import { type Explanation, explain } from '../../src/record/explain.ts';
import { context, entry, options, TARGETS } from './entries.ts';

function explained(
  format: 'raw' | 'ecs' | 'ocsf',
  value: unknown,
  pii: 'minimal' | 'full' = 'minimal',
): Explanation {
  return explain(format, Buffer.from(JSON.stringify(value)), true, context, options({ pii }));
}

function to(explanation: Explanation, field: string): readonly string[] | undefined {
  return explanation.mapped.find((each) => each.field === field)?.to;
}

function why(explanation: Explanation, field: string): string | undefined {
  return explanation.omitted.find((each) => each.field === field)?.why;
}

describe('explain', () => {
  it('names every place of a field in the record', () => {
    const ecs = explained('ecs', entry());
    expect(to(ecs, 'user.id')).toEqual(['user.id', 'user.name', 'related.user']);
    expect(to(ecs, 'source_ip')).toEqual(['source.ip', 'source.address', 'related.ip']);
    expect(to(ecs, 'details[1]')).toEqual(['message', 'clarifai.audit.details']);
    expect(to(explained('ocsf', entry()), 'source_ip')).toEqual(['src_endpoint.ip', 'observables[0].value']);
    expect(to(explained('raw', entry()), 'user.metadata.hidden')).toEqual(['entry.user.metadata.hidden']);
  });

  it('says why a field is left out', () => {
    const value = entry({ description: 7, req_id: '', extra: 1, targets: [TARGETS.workflow, TARGETS.app] });
    const ecs = explained('ecs', value);
    expect(why(ecs, 'user.job_title')).toBe('privacy mode');
    expect(why(ecs, 'user.metadata.hidden')).toBe('not on the allow-list');
    expect(why(ecs, 'description')).toBe('wrong type');
    expect(why(ecs, 'req_id')).toBe('empty');
    expect(why(ecs, 'extra')).toBe('not on the allow-list');
    expect(why(ecs, 'targets[0].workflow.use_cases')).toBe('empty');
    expect(to(explained('ecs', value, 'full'), 'user.job_title')).toEqual(['clarifai.audit.actor.job_title']);
  });

  it('accounts for each field once', () => {
    for (const format of ['raw', 'ecs', 'ocsf'] as const) {
      const { mapped, omitted } = explained(format, entry());
      const fields = [...mapped, ...omitted].map(({ field }) => field);
      expect(new Set(fields).size).toBe(fields.length);
      expect(fields).toContain('targets[1].model.user_id');
      expect(fields).toHaveLength(25);
    }
  });

  it('copes with deep nesting, odd keys and what is no entry', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const text = `{"operation":300,"__proto__":{"a":1},"x":${deep}}`;
    const { mapped, omitted } = explain('ecs', Buffer.from(text), true, context, options());
    expect(mapped.map(({ field }) => field)).toEqual(['operation']);
    expect(omitted.map(({ field }) => field.slice(0, 11))).toEqual(['__proto__.a', 'x[0][0][0][']);
    expect(explain('ecs', Buffer.from('[]'), true, context, options()).minimal).toBe(true);
    expect(explain('ecs', Buffer.from([0xff]), false, context, options()).minimal).toBe(true);
  });
});
