import { describe, expect, it } from 'vitest';
import { classify } from '../../src/collector/classify.ts';
import { KnownEntries } from '../../src/collector/known.ts';
import { newTally } from '../../src/collector/piece.ts';
import { fromMs } from '../../src/event/span.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { logEntry } from '../support/simulated-api.ts';

const AT = fromMs(Date.UTC(2026, 0, 1));

describe('classify', () => {
  it('leaves alone what is read again where retention has removed what to compare with', async () => {
    const span = { from: AT, to: AT + 10n };
    const entries = [logEntry(AT + 5n, 'r1', 0).entry];
    const piece = {
      kind: 'live',
      proven: span,
      entries,
      undated: [],
      evidence: [],
      tally: newTally(),
    } as const;
    const known = new KnownEntries(new MemoryJournal());
    const late = async (trimmed: readonly { from: bigint; to: bigint }[]) =>
      (await classify(piece, [span], known, trimmed)).late.length;
    expect(await late([])).toBe(1);
    expect(await late([span])).toBe(0);
  });
});
