import type { Span } from '../event/span.ts';
import { type SpanSet, unionSpans } from '../event/span-set.ts';
import type { Journal, SegmentHeader } from '../journal/types.ts';
import { hasCode } from '../runtime/errors.ts';

const DAY_MS = 86_400_000;

/**
 * The spans that are due for reading again: what was first read `daysBack` days ago, each a day long, by the
 * `written` of the segments (so backfilled history has its turn too).
 */
export async function spansDue(
  journal: Journal,
  daysBack: readonly number[],
  nowMs: number,
): Promise<SpanSet> {
  const spans: Span[] = [];
  for (const days of daysBack) {
    const toMs = nowMs - days * DAY_MS;
    for (const header of await writtenBetween(journal, toMs - DAY_MS, toMs)) {
      if (header.kind !== 'late') spans.push(...header.answers.flatMap(({ proven }) => proven ?? []));
    }
  }
  return unionSpans([], spans);
}

async function writtenBetween(journal: Journal, fromMs: number, toMs: number): Promise<SegmentHeader[]> {
  const headers: SegmentHeader[] = [];
  for (let n = await firstWrittenSince(journal, fromMs); n <= journal.head.n; n++) {
    const header = await headerOf(journal, n);
    if (header === undefined) continue;
    if (Date.parse(header.written) >= toMs) break;
    headers.push(header);
  }
  return headers;
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
