import { describe, expect, it } from 'vitest';
import { LIVE_WINDOW, planBackfill, planLive, settledEnd } from '../../src/collector/plan.ts';
import { RereadBudget } from '../../src/collector/reread-budget.ts';
import { fromMs, SECOND, type Span } from '../../src/event/span.ts';

const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0, 700);
const MINUTE = 60n * SECOND;
const end = settledEnd(NOW_MS, 30_000);
const input = {
  nowMs: NOW_MS,
  settled: end,
  settleMs: 30_000,
  overlapMs: 15 * 60_000,
  start: end - 24n * 60n * MINUTE,
  coverage: [] as Span[],
  gaps: [],
  rereadTo: undefined,
  mayReread: true,
};

describe('plan', () => {
  it('ends at a whole second, settle behind now', () => {
    expect(end).toBe(fromMs(Date.UTC(2026, 5, 1, 11, 59, 30)));
  });

  it('reads the newest hour live at the first start and leaves the rest to backfill', () => {
    expect(planLive(input)).toEqual({
      span: { from: end - LIVE_WINDOW, to: end },
      newFrom: end - LIVE_WINDOW,
      confirmEnd: true,
    });
    expect(planBackfill(input)).toEqual([{ from: input.start, to: end - LIVE_WINDOW }]);
    const coverage = [{ from: end - LIVE_WINDOW, to: end }];
    expect(planBackfill({ ...input, coverage })).toEqual([{ from: input.start, to: end - LIVE_WINDOW }]);
  });

  it('reads the overlap behind what is covered, and no further than coverage reaches', () => {
    const long = [{ from: end - 60n * MINUTE, to: end - MINUTE }];
    expect(planLive({ ...input, coverage: long })).toEqual({
      span: { from: end - 16n * MINUTE, to: end },
      newFrom: end - MINUTE,
      confirmEnd: false,
    });
    const short = [{ from: end - 3n * MINUTE, to: end - MINUTE }];
    expect(planLive({ ...input, coverage: short })?.span.from).toBe(end - 3n * MINUTE);
  });

  it('reaches back to what was not read again when the budget forbade it', () => {
    const coverage = [{ from: input.start, to: end - MINUTE }];
    const rereadTo = end - 10n * MINUTE;
    expect(planLive({ ...input, coverage, rereadTo, mayReread: false })?.span.from).toBe(end - MINUTE);
    expect(planLive({ ...input, coverage, rereadTo })?.span.from).toBe(end - 25n * MINUTE);
  });

  it('asks for a second answer when more than the overlap is new', () => {
    const coverage = [{ from: input.start, to: end - 16n * MINUTE }];
    expect(planLive({ ...input, coverage })?.confirmEnd).toBe(true);
  });

  it('fault 22: reads no less than is covered when the local clock jumps back', () => {
    const coverage = [{ from: input.start, to: end + 120n * MINUTE }];
    const plan = planLive({ ...input, coverage });
    expect(plan?.span.to).toBe(end + 120n * MINUTE);
    expect(plan?.newFrom).toBe(end + 120n * MINUTE);
  });

  it('leaves possible gaps alone', () => {
    const gaps = [{ from: end - 40n * MINUTE, to: end - 30n * MINUTE }];
    const coverage = [
      { from: input.start, to: end - 40n * MINUTE },
      { from: end - 30n * MINUTE, to: end - MINUTE },
    ];
    expect(planBackfill({ ...input, coverage, gaps })).toEqual([]);
    expect(planBackfill({ ...input, coverage })).toEqual(gaps);
  });
});

describe('reread-budget', () => {
  it('lets re-reading cost a quarter of the requests', () => {
    const budget = new RereadBudget(4);
    expect(budget.allows(0)).toBe(true);
    budget.spent(10, 0);
    expect(budget.allows(9_999)).toBe(false);
    expect(budget.allows(10_000)).toBe(true);
  });

  it('costs nothing while a poll fits one request', () => {
    const budget = new RereadBudget(15);
    budget.spent(0, 500);
    expect(budget.allows(500)).toBe(true);
  });
});
