import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { createLimiters } from '../../src/source/limiters.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { sourceAt } from './harness.ts';

describe('limiters', () => {
  it('gives sources with the same PAT one limiter, at the lowest of their rates', async () => {
    const clock = new FakeClock({ auto: true });
    const at = (id: string, pat: string, requestsPerSecond: number) =>
      sourceAt('http://127.0.0.1', { id, pat: new Secret(pat), requestsPerSecond });
    const limiters = createLimiters([at('a', 'one', 15), at('b', 'two', 15), at('c', 'one', 2)], clock);
    expect(limiters.get('a')).toBe(limiters.get('c'));
    expect(limiters.get('a')).not.toBe(limiters.get('b'));
    const { signal } = new AbortController();
    for (let i = 0; i < 3; i += 1) (await limiters.get('a')!.acquire('live', signal)).sent();
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(1_000);
  });
});
