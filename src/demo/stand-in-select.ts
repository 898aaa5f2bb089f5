import { floorSecond, fromMs, later, type Nanos, SECOND } from '../event/span.ts';
import type { AuditLog, EntryFacts } from './audit-log.ts';
import type { Faults } from './faults.ts';
import { fraction } from './mix.ts';
import type { Query } from './stand-in-query.ts';
import { shuffleTies } from './stand-in-ties.ts';

/** What an answer depends on besides the query. */
export interface Moment {
  readonly faults: Faults;
  readonly seed: number;
  /** Number of the request. */
  readonly read: number;
  /** The stand-in's clock, milliseconds. */
  readonly nowMs: number;
  /** Every entry is visible, however late it should be. */
  readonly settled: boolean;
}

const SALT_LATE = 111;
const SALT_DELAY = 112;
const SALT_DRIFT = 113;
const SALT_LAG = 114;
const SALT_CUT = 115;
const SALT_CUT_AT = 116;
const SALT_EMPTY = 117;
const DEFAULT_LATE_MS = 60_000;
const DEFAULT_LAG_MS = 120_000;
const HALF_SECOND = SECOND / 2n;
const MOST_PER_PAGE = 1_000;
const NS_PER_MS = 1_000_000;

/** Indices into `log` of the entries that answer `query`, in the order of the answer. */
export function selectPage(log: AuditLog, query: Query, moment: Moment): number[] {
  const { faults, seed, read } = moment;
  if (fraction(seed, read, SALT_EMPTY) < (faults.emptyShare ?? 0)) return [];
  const size = faults.pageFixed ?? Math.min(query.perPage, faults.pageCap ?? MOST_PER_PAGE);
  const rows = new Rows(log, query, moment);
  let page = rows.take((faults.ignorePage ? 0 : query.page - 1) * size, size);
  if (page.length === 0 && faults.repeatLastPage) {
    const last = Math.max(0, Math.ceil(rows.count() / size) - 1);
    page = rows.take(last * size, size);
  }
  if (fraction(seed, read, SALT_CUT) < (faults.cutShare ?? 0)) {
    page = page.slice(0, Math.floor(fraction(seed, read, SALT_CUT_AT) * page.length));
  }
  return page;
}

/** The rows that match one query, walked without being held. */
class Rows {
  readonly #log: AuditLog;
  readonly #query: Query;
  readonly #moment: Moment;
  readonly #from: number;
  readonly #to: number;
  readonly #descending: boolean;
  readonly #filtered: boolean;

  constructor(log: AuditLog, query: Query, moment: Moment) {
    this.#log = log;
    this.#query = query;
    this.#moment = moment;
    const [from, to] = indexRange(log, query, moment);
    this.#from = from;
    this.#to = to;
    this.#descending = moment.faults.descending === true || !query.ascending;
    const { userIds, operations, targets, success, sourceIps } = query;
    this.#filtered = [userIds, operations, targets, success, sourceIps].some((each) => each !== undefined);
  }

  /** `count` rows behind the first `skip`. */
  take(skip: number, count: number): number[] {
    const page: number[] = [];
    let left = skip;
    this.#walk((index) => {
      if (left > 0) left--;
      else page.push(index);
      return page.length < count;
    });
    return page;
  }

  /** How many rows there are. */
  count(): number {
    let count = 0;
    this.#walk(() => {
      count++;
      return true;
    });
    return count;
  }

  /** Calls `each` for every row in order, until it returns false. */
  #walk(each: (index: number) => boolean): void {
    const { faults, seed, read } = this.#moment;
    const places = faults.shuffleTies ? shuffleTies(this.#log, this.#from, this.#to, seed, read) : undefined;
    const width = this.#to - this.#from;
    for (let i = 0; i < width; i++) {
      const place = this.#descending ? width - 1 - i : i;
      const index = places === undefined ? this.#from + place : places[place]!;
      if (this.#shown(index) && !each(index)) return;
    }
  }

  #shown(index: number): boolean {
    const { faults, seed, read } = this.#moment;
    if (!this.#visible(index)) return false;
    if (faults.driftShare && fraction(seed ^ read, index, SALT_DRIFT) < faults.driftShare) return false;
    return !this.#filtered || matches(this.#log.factsAt(index), this.#query);
  }

  #visible(index: number): boolean {
    const { faults, seed, nowMs, settled } = this.#moment;
    if (settled) return true;
    if (this.#log.visibleFromMs(index) > nowMs) return false;
    if (!faults.lateShare) return true;
    const at = this.#log.instantAt(index);
    // By event time, not by index: indices rise when entries are added.
    const key = Number(BigInt.asUintN(32, at / 1_000n));
    if (fraction(seed, key, SALT_LATE) >= faults.lateShare) return true;
    const delayMs = (faults.lateMs ?? DEFAULT_LATE_MS) * (1 - fraction(seed, key, SALT_DELAY));
    return Number(at) / NS_PER_MS + delayMs <= nowMs;
  }
}

/** Does an entry pass the filters of `query`, bounds left out? Several values of one filter are alternatives. */
export function matches(facts: EntryFacts, query: Query): boolean {
  const { userIds, operations, targets, success, sourceIps } = query;
  if (success !== undefined && facts.success !== success) return false;
  if (operations !== undefined && !operations.has(facts.operation)) return false;
  if (userIds !== undefined && !userIds.has(facts.userId)) return false;
  if (sourceIps !== undefined && !sourceIps.has(facts.sourceIp)) return false;
  return (
    targets === undefined ||
    targets.some(({ kind, id }) => facts.targets.some((target) => target.kind === kind && target.id === id))
  );
}

/** First index inside and first behind, by event time alone. */
function indexRange(log: AuditLog, query: Query, { faults, seed, read, nowMs }: Moment): [number, number] {
  let from = query.from === undefined ? 0 : log.lowerBound(firstInside(query.from, faults));
  let to = query.to === undefined ? log.length : log.lowerBound(firstBehind(query.to, faults));
  if (faults.retentionMs !== undefined) {
    from = Math.max(from, log.lowerBound(fromMs(nowMs - faults.retentionMs)));
  }
  if (fraction(seed, read, SALT_LAG) < (faults.lagShare ?? 0)) {
    to = Math.min(to, log.lowerBound(fromMs(nowMs - (faults.lagMs ?? DEFAULT_LAG_MS))));
  }
  return [from, Math.max(from, to)];
}

function firstInside(from: Nanos, faults: Faults): Nanos {
  return later(edge(from, faults, faults.fromExclusive === true), -(1n << 62n));
}

function firstBehind(to: Nanos, faults: Faults): Nanos {
  return edge(to, faults, faults.toExclusive !== true);
}

/** The first instant at or, with `behind`, after what the service makes of `bound`. */
function edge(bound: Nanos, { boundPrecision = 'exact' }: Faults, behind: boolean): Nanos {
  if (boundPrecision === 'exact') return behind ? bound + 1n : bound;
  if (boundPrecision === 'bounds_truncated') return floorSecond(bound) + (behind ? 1n : 0n);
  const shift = boundPrecision === 'rounded' ? HALF_SECOND : 0n;
  return floorSecond(bound + shift) - shift + (behind ? SECOND : 0n);
}
