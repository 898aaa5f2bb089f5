import { readEntry } from '../../src/event/answer.ts';
import type { Answer, Entry } from '../../src/event/entry.ts';
import { floorSecond, fromMs, type Nanos, SECOND } from '../../src/event/span.ts';
import { formatTimestamp, parseTimestamp } from '../../src/event/timestamp.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import type { AuditLogApi, Priority, Search } from '../../src/source/api.ts';
import { prng } from './prng.ts';

/** What a simulated server does differently from a friendly one. */
export interface Hostility {
  /** Bounds compare whole seconds. */
  secondBounds?: boolean;
  fromExclusive?: boolean;
  toExclusive?: boolean;
  /** Fewer entries a page than asked. */
  pageCap?: number;
  /** So many entries a page whatever was asked. */
  pageFixed?: number;
  descending?: boolean;
  /** Ties come in another order at every request. */
  shuffleTies?: boolean;
  /** `page` is ignored: always the first. */
  ignorePage?: boolean;
  /** The last page is repeated for ever. */
  repeatLastPage?: boolean;
  /** Deepest `page * per_page` that is served. */
  deepest?: number;
  /** Share of answers that lose their tail by mistake. */
  cutShare?: number;
  /** Share of answers that come empty by mistake. */
  emptyShare?: number;
  /** Share of answers that lack the newest minutes. */
  lagShare?: number;
  /** The server's clock minus ours, milliseconds. */
  skewMs?: number;
  /** Entries older than this many milliseconds are not shown any more. */
  retentionMs?: number;
}

/** An entry of the simulated log. */
export interface LoggedEntry {
  readonly entry: Entry;
  /** From when on it is shown, milliseconds. */
  readonly visibleMs: number;
}

/** Makes the entry of a simulated log; `bytes` long, if that is more than it needs. */
export function logEntry(
  at: Nanos | undefined,
  reqId: string,
  visibleMs: number,
  operation = 300,
  bytes = 0,
): LoggedEntry {
  const timestamp = at === undefined ? '' : `"timestamp":"${formatTimestamp(at)}",`;
  const text = `{${timestamp}"user":{"id":"ann"},"operation":${operation},"success":true,"req_id":"${reqId}"`;
  const details = bytes > text.length ? `,"details":["${'x'.repeat(bytes - text.length)}"]` : '';
  return { entry: readEntry(Buffer.from(`${text}${details}}`)), visibleMs };
}

/** The bound of the client, bytes. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The API as the collector sees it, over a log in memory, as hostile as asked for. */
export class SimulatedApi implements AuditLogApi {
  readonly log: LoggedEntry[] = [];
  readonly waiting = 0;
  hostility: Hostility;
  /** Searches so far. */
  requests: { search: Search; priority: Priority; count: number; bytes: number }[] = [];
  readonly #nowMs: () => number;
  readonly #random: () => number;

  constructor(nowMs: () => number, hostility: Hostility = {}, seed = 1) {
    this.#nowMs = nowMs;
    this.hostility = hostility;
    this.#random = prng(seed);
  }

  /** What is shown when nothing hides it. */
  shownNow(): Entry[] {
    const now = this.#nowMs();
    return this.log.filter(({ visibleMs }) => visibleMs <= now).map(({ entry }) => entry);
  }

  async search(search: Search, priority: Priority, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const { hostility } = this;
    const size = hostility.pageFixed ?? Math.min(search.perPage, hostility.pageCap ?? 1000);
    if (
      search.page > 1 &&
      hostility.deepest !== undefined &&
      search.page * search.perPage > hostility.deepest
    ) {
      throw new ConnectorError('too deep', { code: 'source.page_refused' });
    }
    const rows = this.#order(this.#filter(search));
    let page = hostility.ignorePage ? 1 : search.page;
    if (hostility.repeatLastPage) page = Math.min(page, Math.max(1, Math.ceil(rows.length / size)));
    let entries = rows.slice((page - 1) * size, page * size);
    if (this.#chance(hostility.cutShare))
      entries = entries.slice(0, Math.floor(this.#random() * entries.length));
    if (this.#chance(hostility.emptyShare)) entries = [];
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    this.requests.push({ search, priority, count: entries.length, bytes });
    if (bytes > (search.maxBytes ?? MOST_BYTES)) {
      throw new ConnectorError('too large', { code: 'source.too_large' });
    }
    const serverMs = Math.floor((this.#nowMs() + (hostility.skewMs ?? 0)) / 1000) * 1000;
    return { entries, requestId: `answer-${this.requests.length}`, serverMs };
  }

  #chance(share: number | undefined): boolean {
    return share !== undefined && this.#random() < share;
  }

  #filter(search: Search): Entry[] {
    const { hostility } = this;
    const whole = (at: Nanos): Nanos => (hostility.secondBounds ? floorSecond(at) : at);
    const from = whole(parseTimestamp(search.from)!);
    const to = whole(parseTimestamp(search.to)!);
    const lagging = this.#chance(hostility.lagShare);
    const newest = fromMs(this.#nowMs()) - (lagging ? 120n * SECOND : -(1n << 62n));
    const oldest =
      hostility.retentionMs === undefined ? -(1n << 62n) : fromMs(this.#nowMs() - hostility.retentionMs);
    return this.shownNow().filter((entry) => {
      const at = whole(entry.at ?? 0n);
      if (entry.at !== undefined && (entry.at > newest || entry.at < oldest)) return false;
      if (entry.at === undefined) return true;
      if (!matches(entry, search)) return false;
      return (
        (hostility.fromExclusive ? at > from : at >= from) && (hostility.toExclusive ? at < to : at <= to)
      );
    });
  }

  #order(rows: Entry[]): Entry[] {
    const keyed = rows.map((entry, i) => ({ entry, key: this.hostility.shuffleTies ? this.#random() : i }));
    const sign = this.hostility.descending ? -1 : 1;
    keyed.sort((a, b) => {
      const x = a.entry.at ?? 0n;
      const y = b.entry.at ?? 0n;
      return x < y ? -sign : x > y ? sign : a.key - b.key;
    });
    return keyed.map(({ entry }) => entry);
  }
}

function matches(entry: Entry, search: Search): boolean {
  if (search.success === false) return false;
  return search.operation === undefined || entry.bytes.includes(`"operation":${search.operation},`);
}
