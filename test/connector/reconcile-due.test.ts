import { describe, expect, it } from 'vitest';
import { spansDue } from '../../src/connector/reconcile-due.ts';
import { openJournal } from '../../src/journal/journal.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { draft, entry, options, span } from '../journal/fixtures.ts';
import { FakeClock } from '../support/fake-clock.ts';

const DAY_MS = 86_400_000;

describe('spansDue', () => {
  it('names what was first covered a day ago, also when no answer proved it by itself', async () => {
    const clock = new FakeClock();
    const journal = await openJournal(options(new MemoryStore(), { clock }));
    const answers = [{ asked: ['a', 'b'] as const, proven: undefined, count: 1, requestId: undefined }];
    await clock.advance(DAY_MS / 2);
    await journal.append(draft(0, 10, [entry(5)], { answers, coverage: [span(0, 10)] }));
    await clock.advance(DAY_MS);
    await journal.append(draft(10, 20, [entry(15)], { answers, coverage: [span(0, 20)] }));
    await clock.advance(DAY_MS / 2);
    expect(await spansDue(journal, [1], clock.nowMs())).toEqual([span(0, 10)]);
    await clock.advance(DAY_MS);
    expect(await spansDue(journal, [1], clock.nowMs())).toEqual([span(10, 20)]);
  });
});
