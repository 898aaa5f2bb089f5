import { describe, expect, it } from 'vitest';
import { checkMutants } from './mutate.ts';
import { simulate } from './simulate.ts';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 300);

describe('simulation', () => {
  it('gives the same trace for the same seed', async () => {
    for (const seed of [3, 7, 46]) {
      const [first, again] = [await simulate(seed), await simulate(seed)];
      expect(again.traceHash).toBe(first.traceHash);
      expect(again.stats).toEqual(first.stats);
    }
  });

  it(`breaks no rule over ${SEEDS} seeds (faults 21 to 23, 30 to 40, 43 to 46, 65, 73, 77; fault 32: rows that appear while reading)`, {
    timeout: 600_000,
  }, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violations } = await simulate(seed);
      expect(violations, `again: npm run simulate -- --seed ${seed} --trace`).toEqual([]);
    }
  });

  it('has mutants whose places are all in the source', () => {
    expect(() => checkMutants()).not.toThrow();
  });
});
