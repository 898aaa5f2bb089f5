import { describe, expect, it } from 'vitest';
import type { Filter } from '../../src/config/types.ts';
import type { Search } from '../../src/source/api.ts';
import { searchBody } from '../../src/source/search-body.ts';
import { EVERYTHING, SEARCH } from './harness.ts';

function query(filter: Partial<Filter>, search: Partial<Search> = {}): Record<string, unknown> | undefined {
  const body = searchBody({ ...EVERYTHING, ...filter }, { ...SEARCH, ...search });
  if (body === undefined) return undefined;
  const { timestamp_from, timestamp_to, ...rest } = JSON.parse(body).query;
  expect([timestamp_from, timestamp_to]).toEqual([SEARCH.from, SEARCH.to]);
  return rest;
}

describe('search-body', () => {
  it('leaves empty filters out', () => {
    expect(query({})).toEqual({});
  });

  it('sends every filter as the API names it', () => {
    const targets = [{ user: { id: 'bob' } }];
    const filter = {
      operations: ['MODEL_CREATE', 7],
      userIds: ['ann'],
      targets,
      success: false,
      sourceIps: ['::1'],
    };
    expect(query(filter)).toEqual({
      operations: ['MODEL_CREATE', 7],
      user_ids: ['ann'],
      targets,
      success: false,
      source_ips: ['::1'],
    });
  });

  it('narrows by outcome, never beyond the filter', () => {
    expect(query({}, { success: false })).toEqual({ success: false });
    expect(query({ success: true }, { success: true })).toEqual({ success: true });
    expect(query({ success: true }, { success: false })).toBeUndefined();
  });

  it('narrows by operation, never beyond the filter', () => {
    expect(query({}, { operation: 0 })).toEqual({ operations: [0] });
    expect(query({ operations: ['MODEL_CREATE', 4] }, { operation: 4 })).toEqual({ operations: [4] });
    expect(query({ operations: ['MODEL_CREATE'] }, { operation: 999 })).toBeUndefined();
  });

  it('finds the operation in the filter by name', () => {
    expect(query({ operations: ['MODEL_CREATE', 'NOT_KNOWN_YET'] }, { operation: 0 })).toEqual({
      operations: ['NOT_KNOWN_YET'],
    });
  });
});
