import { createHash } from 'node:crypto';
import { floorSecond, fromMs, type Nanos, SECOND } from '../../src/event/span.ts';
import { formatTimestamp, parseTimestamp } from '../../src/event/timestamp.ts';
import { referenceId } from '../event/reference-id.ts';
import type { Engine } from './engine.ts';
import type { Scenario } from './scenario.ts';

/** One entry of the simulated audit log. */
export interface WorldEntry {
  /** Undefined for an entry without a usable time. */
  readonly at: Nanos | undefined;
  /** From when on it is shown, true milliseconds since 1970. */
  readonly visibleMs: number;
  readonly success: boolean;
  readonly operation: number;
  /** Its JSON; profile fields come from `version`. */
  text(version: number): string;
  /** Event id, by the rules of the product: what sinks and journal must hold once. */
  id: string;
}

/** What a search asks for. */
export interface Query {
  readonly from: Nanos;
  readonly to: Nanos;
  readonly page: number;
  readonly perPage: number;
  readonly success: boolean | undefined;
  readonly operations: readonly number[] | undefined;
}

const LATE_FROM_MS = 60_000;
const LATE_TO_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;

/** The log, and the server's idea of it. */
export class AuditWorld {
  readonly entries: WorldEntry[] = [];
  readonly #engine: Engine;
  readonly #scenario: Scenario;
  /** Nothing becomes visible after it: what is read at the end is all there is. */
  readonly #lastMs: number;
  #made = 0;

  constructor(engine: Engine, scenario: Scenario) {
    this.#engine = engine;
    this.#scenario = scenario;
    this.#lastMs = engine.epochMs + scenario.faultsMs + scenario.quietMs - 180_000;
    this.#fill();
    this.#setIds();
  }

  /** What is shown now, in no order. */
  shown(): WorldEntry[] {
    const now = this.#engine.trueMs;
    return this.entries.filter(({ visibleMs }) => visibleMs <= now);
  }

  /** One page, as this server cuts and orders it. */
  page(query: Query, hiddenAfterMs: number | undefined): string[] {
    const { server } = this.#scenario;
    const rows = this.#ordered(this.#matching(query, hiddenAfterMs));
    const size = server.pageFixed ?? Math.min(query.perPage, server.pageCap ?? 1000);
    const last = Math.max(1, Math.ceil(rows.length / size));
    const page = server.repeatLastPage ? Math.min(query.page, last) : query.page;
    const version = server.profiles ? Math.floor(this.#engine.trueMs / HOUR_MS) : 0;
    return rows.slice((page - 1) * size, page * size).map((entry) => entry.text(version));
  }

  #matching(query: Query, hiddenAfterMs: number | undefined): WorldEntry[] {
    const { secondBounds, fromExclusive, toExclusive } = this.#scenario.server;
    const whole = (at: Nanos): Nanos => (secondBounds ? floorSecond(at) : at);
    const [from, to] = [whole(query.from), whole(query.to)];
    const newest = hiddenAfterMs === undefined ? undefined : fromMs(hiddenAfterMs);
    return this.shown().filter((entry) => {
      if (query.success !== undefined && entry.success !== query.success) return false;
      if (query.operations !== undefined && !query.operations.includes(entry.operation)) return false;
      if (entry.at === undefined) return true;
      if (newest !== undefined && entry.at > newest) return false;
      const at = whole(entry.at);
      return (fromExclusive ? at > from : at >= from) && (toExclusive ? at < to : at <= to);
    });
  }

  #ordered(rows: WorldEntry[]): WorldEntry[] {
    const { shuffleTies, descending } = this.#scenario.server;
    const keyed = rows.map((entry, i) => ({ entry, key: shuffleTies ? this.#engine.random() : i }));
    const sign = descending ? -1 : 1;
    keyed.sort((a, b) => {
      const [x, y] = [a.entry.at ?? 0n, b.entry.at ?? 0n];
      return x < y ? -sign : x > y ? sign : a.key - b.key;
    });
    return keyed.map(({ entry }) => entry);
  }

  #fill(): void {
    const { engine, faults } = { engine: this.#engine, faults: this.#scenario.entries };
    const { historyMs, faultsMs, quietMs, pageSize } = this.#scenario;
    const spanMs = historyMs + faultsMs + quietMs * 0.8;
    for (let i = 0; i < faults.count; i++) {
      const fromStartMs = engine.random() * spanMs - historyMs;
      this.#add(fromMs(Math.floor(engine.epochMs + fromStartMs)) + BigInt(engine.between(0, 999)) * 1000n);
    }
    for (let i = 0; i < faults.dense; i++) {
      const second = floorSecond(fromMs(Math.floor(engine.epochMs + engine.random() * faultsMs)));
      const count = engine.between(pageSize + 1, pageSize * 3);
      for (let n = 0; n < count; n++) this.#add(second + BigInt(engine.between(0, 999_999)) * 1000n, 0);
    }
    for (let i = 0; i < faults.undated; i++) this.#add(undefined);
    for (let i = 0; i < faults.future; i++) {
      const at = fromMs(engine.epochMs + engine.between(120_000, Math.floor(faultsMs)));
      this.#add(at, -historyMs);
    }
  }

  /** @param visibleAfterMs when it is shown, from its own time on (from the start for what has none); default: drawn */
  #add(at: Nanos | undefined, visibleAfterMs?: number): void {
    const { engine, faults } = { engine: this.#engine, faults: this.#scenario.entries };
    const number = this.#made++;
    const atMs = at === undefined ? engine.epochMs : Number(at / 1_000_000n);
    const delayMs = visibleAfterMs ?? this.#delayMs(atMs);
    const entry = this.#entry(at, number, Math.min(atMs + delayMs, this.#lastMs));
    this.entries.push(entry);
    if (at === undefined || visibleAfterMs !== undefined) return;
    if (engine.chance(faults.twins)) {
      for (let copy = engine.between(1, 2); copy > 0; copy--) this.entries.push({ ...entry });
    }
    if (engine.chance(faults.ties)) this.entries.push(this.#entry(at, this.#made++, entry.visibleMs, number));
  }

  #delayMs(atMs: number): number {
    const { engine, faults } = { engine: this.#engine, faults: this.#scenario.entries };
    // What was there before the first reading was visible then.
    if (atMs < engine.epochMs - LATE_TO_MS) return engine.between(0, 20_000);
    if (engine.chance(faults.veryLate)) return engine.between(LATE_TO_MS, 18 * HOUR_MS);
    if (engine.chance(faults.late)) return engine.between(LATE_FROM_MS, LATE_TO_MS);
    return engine.between(0, 20_000);
  }

  /** @param request whose `req_id` it shares: a request may log several entries */
  #entry(at: Nanos | undefined, number: number, visibleMs: number, request = number): WorldEntry {
    const success = number % 5 !== 0;
    const operation = 300 + (number % 3);
    const time = at === undefined ? '"timestamp":"never",' : `"timestamp":"${formatTimestamp(at)}",`;
    const text = (version: number) =>
      `{${time}"user":{"id":"ann","job_title":"level ${version}"},"operation":${operation},` +
      `"success":${success},"req_id":"r${request}","details":["entry ${number}"]}`;
    return { at, visibleMs, success, operation, text, id: '' };
  }

  #setIds(): void {
    const copies = new Map<string, number>();
    for (const entry of this.entries) {
      const baseId = referenceId(entry.text(0));
      const ordinal = copies.get(baseId) ?? 0;
      copies.set(baseId, ordinal + 1);
      entry.id = ordinal === 0 ? baseId : twinOf(baseId, ordinal);
    }
  }
}

/** Event id of a further copy of an entry, by the rule of the id version, not by the product's code. */
function twinOf(baseId: string, ordinal: number): string {
  return createHash('sha256').update(`clarifai-audit-event/1/twin\n${baseId}\n${ordinal}`).digest('hex');
}

/** Reads the body of a search. */
export function readQuery(body: string): Query {
  const { query, pagination } = JSON.parse(body) as {
    query: { timestamp_from: string; timestamp_to: string; success?: boolean; operations?: number[] };
    pagination: { page: number; per_page: number };
  };
  return {
    from: parseTimestamp(query.timestamp_from)!,
    to: parseTimestamp(query.timestamp_to)!,
    page: pagination.page,
    perPage: pagination.per_page,
    success: query.success,
    operations: query.operations,
  };
}

/** Whether an entry was visible before anybody could read its second: no promise excuses its absence. */
export function isPrompt(entry: WorldEntry, settleMs: number): boolean {
  return (
    entry.at !== undefined && entry.visibleMs <= Number((entry.at + SECOND) / 1_000_000n) - 1000 + settleMs
  );
}
