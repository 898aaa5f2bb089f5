import type { SourceConfig } from '../config/types.ts';
import type { Answer, Entry } from '../event/entry.ts';
import { fromMs, MICROSECOND, type Nanos, SECOND } from '../event/span.ts';
import { formatTimestamp } from '../event/timestamp.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AuditLogApi, Search } from '../source/api.ts';
import { leastSkewMs } from '../source/clock-skew.ts';
import { resolveStart } from './open.ts';

/** What the API was seen to do. Null where that could not be told. Nothing depends on it: reading tolerates either. */
export interface ApiFindings {
  /** Requests that were asked, retries not counted. */
  readonly requests: number;
  /** Clarifai's clock minus this machine's, seconds; 0 when they agree within a second. */
  readonly clockSkewSeconds: number | null;
  /** Page size: what `page_size` asked for, and the most that was given; null while everything fits. */
  readonly pageAsked: number;
  readonly pageGiven: number | null;
  /** Whether the oldest comes first, as asked. */
  readonly ascending: boolean | null;
  /** Whether an entry at `timestamp_from` is shown. */
  readonly fromInclusive: boolean | null;
  /** Whether an entry at `timestamp_to` is shown. */
  readonly toInclusive: boolean | null;
  /** How bounds are compared: to the microsecond, or by whole seconds. */
  readonly boundPrecision: 'microseconds' | 'seconds' | null;
  /** Most digits of a second that a timestamp had. */
  readonly timestampDigits: number | null;
  /** Event time of the oldest entry that is shown, RFC 3339. */
  readonly oldest: string | null;
  /** Median time of an answer, milliseconds. */
  readonly answerMs: number;
}

/** The API had nothing before: Clarifai was founded in 2013. */
const LONG_AGO: Nanos = fromMs(Date.UTC(2013, 0, 1));
/** Beside an entry, where nothing but bounds decides whether it is shown. */
const BESIDE: Nanos = 2n * SECOND;

/**
 * Finds out how the API of a source behaves, with at most six requests that only read. Throws what the API throws.
 * Entries that come in meanwhile may make a finding null, not wrong.
 */
export async function probeApi(
  source: SourceConfig,
  api: AuditLogApi,
  clock: Clock,
  signal: AbortSignal,
): Promise<ApiFindings> {
  const probe = new Probe(api, clock, signal);
  const to = fromMs(clock.nowMs());
  const from = resolveStart(source.start, clock.nowMs() - 1_000);
  const perPage = source.pageSize;
  const history = { from, to, page: 1, perPage };
  const first = await probe.ask(history);
  const size = await probe.pageSize(first, { ...history, page: 2 });
  const oldest = await probe.ask({ from: LONG_AGO, to, page: 1, perPage: 1 });
  const times = first.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const bounds = await probe.bounds(first, perPage);
  const ascending = isSpread(times) ? times.every((at, i) => i === 0 || times[i - 1]! <= at) : null;
  const oldestAt = oldest.length === 1 && ascending !== false ? oldest[0]!.at : undefined;
  return {
    requests: probe.tookMs.length,
    clockSkewSeconds: probe.skewSeconds,
    pageAsked: perPage,
    pageGiven: size,
    ascending,
    ...bounds,
    timestampDigits: times.length === 0 ? null : Math.max(...times.map(digitsOf)),
    oldest: oldestAt === undefined ? null : formatTimestamp(oldestAt),
    answerMs: median(probe.tookMs),
  };
}

interface Window {
  readonly from: Nanos;
  readonly to: Nanos;
  readonly page: number;
  readonly perPage: number;
}

class Probe {
  readonly #api: AuditLogApi;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly tookMs: number[] = [];
  /** Of the answer that tells most: the smallest. */
  skewSeconds: number | null = null;

  constructor(api: AuditLogApi, clock: Clock, signal: AbortSignal) {
    this.#api = api;
    this.#clock = clock;
    this.#signal = signal;
  }

  async ask(window: Window): Promise<readonly Entry[]> {
    const search: Search = {
      ...window,
      from: formatTimestamp(window.from),
      to: formatTimestamp(window.to),
    };
    const sentMs = this.#clock.nowMs();
    const startedMs = this.#clock.monotonicMs();
    const answer = await this.#api.search(search, 'live', this.#signal);
    this.tookMs.push(this.#clock.monotonicMs() - startedMs);
    this.#observe(answer, sentMs);
    return answer.entries;
  }

  /** The most entries a page had, when that is not all there were; null when everything fits into the first. */
  async pageSize(first: readonly Entry[], second: Window): Promise<number | null> {
    if (first.length === 0) return null;
    if (first.length >= second.perPage) return first.length;
    const more = await this.ask(second);
    const known = new Set(first.map(({ baseId }) => baseId));
    return more.some(({ baseId }) => !known.has(baseId)) ? first.length : null;
  }

  /** Asks for one entry with bounds at it, and just behind it. */
  async bounds(
    entries: readonly Entry[],
    perPage: number,
  ): Promise<Pick<ApiFindings, 'fromInclusive' | 'toInclusive' | 'boundPrecision'>> {
    const lone = loneEntry(entries);
    if (lone === undefined) return { fromInclusive: null, toInclusive: null, boundPrecision: null };
    const { at, baseId } = lone;
    const shown = async (from: Nanos, to: Nanos): Promise<boolean | null> => {
      const found = await this.ask({ from, to, page: 1, perPage });
      if (found.some((entry) => entry.baseId === baseId)) return true;
      // It may be on the next page.
      return found.length < perPage ? false : null;
    };
    const fromInclusive = await shown(at, at + BESIDE);
    const behind = await shown(at + MICROSECOND, at + BESIDE);
    const toInclusive = await shown(at - BESIDE, at);
    // Hidden by its own second as bound: whether a microsecond matters cannot be seen.
    const precise = fromInclusive === true && behind === false;
    const coarse = behind === true;
    return {
      fromInclusive,
      toInclusive,
      boundPrecision: coarse ? 'seconds' : precise ? 'microseconds' : null,
    };
  }

  #observe({ serverMs }: Answer, sentMs: number): void {
    if (serverMs === undefined) return;
    const seconds = Math.round(leastSkewMs(serverMs, sentMs, this.#clock.nowMs()) / 1_000);
    if (this.skewSeconds === null || Math.abs(seconds) < Math.abs(this.skewSeconds))
      this.skewSeconds = seconds;
  }
}

/** An entry whose second has room for a microsecond behind it, and that shares its time with no other. */
function loneEntry(entries: readonly Entry[]): { at: Nanos; baseId: string } | undefined {
  const dated = entries.flatMap(({ at, baseId }) => (at === undefined ? [] : [{ at, baseId }]));
  const counts = new Map<Nanos, number>();
  for (const { at } of dated) counts.set(at, (counts.get(at) ?? 0) + 1);
  const fits = dated.filter(({ at }) => counts.get(at) === 1 && (at + MICROSECOND) % SECOND !== 0n);
  // One with a fraction tells more, not by the second that it begins with.
  return fits.find(({ at }) => at % SECOND !== 0n) ?? fits[0];
}

function isSpread(times: readonly Nanos[]): boolean {
  return new Set(times).size > 1;
}

/** Digits of a second that `at` needs. */
function digitsOf(at: Nanos): number {
  return (at % SECOND).toString().padStart(9, '0').replace(/0+$/, '').length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
}
