import type { Span } from '../event/span.ts';
import { type SpanSet, subtractSpans, unionSpans } from '../event/span-set.ts';
import type { Journal, SegmentHeader } from '../journal/types.ts';
import { hasCode } from '../runtime/errors.ts';

const DAY_MS = 86_400_000;

/**
 * The spans that are due for reading again: what was first covered `daysBack` days ago, each a day long, by the
 * `written` of the segments (so backfilled history has its turn too). What a segment covers first is told by its
 * coverage and the one before: not every answer that a span rests on proves it by itself.
 */
export async function spansDue(
  journal: Journal,
  daysBack: readonly number[],
  nowMs: number,
): Promise<SpanSet> {
  const spans: Span[] = [];
  for (const days of daysBack) {
    const toMs = nowMs - days * DAY_MS;
    spans.push(...(await firstCovered(journal, toMs - DAY_MS, toMs)));
  }
  return unionSpans([], spans);
}

async function firstCovered(journal: Journal, fromMs: number, toMs: number): Promise<Span[]> {
  const spans: Span[] = [];
  const first = await firstWrittenSince(journal, fromMs);
  let before = first > 0 ? await headerOf(journal, first - 1) : undefined;
  for (let n = first; n <= journal.head.n; n++) {
    const header = await headerOf(journal, n);
    if (header !== undefined && Date.parse(header.written) >= toMs) break;
    if (header !== undefined && before !== undefined) {
      const known = before.coverage;
      spans.push(...header.coverage.flatMap((span) => subtractSpans(span, known)));
    }
    before = header;
  }
  return spans;
}

/** Lowest segment that was written at or after `ms`: numbers and times ascend together, but for clock steps. */
async function firstWrittenSince(journal: Journal, ms: number): Promise<number> {
  let low = journal.trimmed?.begins ?? 1;
  let high = journal.head.n + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const header = await headerOf(journal, middle);
    if (header === undefined || Date.parse(header.written) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function headerOf(journal: Journal, n: number): Promise<SegmentHeader | undefined> {
  try {
    return (await journal.read(n)).header;
  } catch (error) {
    if (hasCode(error, 'journal.trimmed')) return undefined;
    throw error;
  }
}
