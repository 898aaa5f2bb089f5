import type { Transport, TransportRequest, TransportResponse } from '../../src/http/transport.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { type AuditWorld, readQuery } from './audit-world.ts';
import type { Engine, Life } from './engine.ts';
import type { Scenario } from './scenario.ts';

/** What the server of a simulation is told to do for a while. */
export interface ServerMood {
  refuses: boolean;
  silent: boolean;
}

/** Counts what the server saw, for the invariants. */
export interface ServerRecord {
  /** When requests were sent, true milliseconds, of the last second. */
  sentMs: number[];
  mostPerSecond: number;
  requests: number;
  /** Answers since the last one that left something out. */
  honest: number;
}

const HEADERS = { 'content-type': 'application/json' };
const LAG_MS = 90_000;
/** More answers than may be on their way at once, so that no two that confirm each other lie alike. */
const HONEST_BETWEEN_LIES = 12;

/** The way to the server, its answers, and what becomes of them. */
export class SimulatedTransport implements Transport {
  readonly #engine: Engine;
  readonly #life: Life;
  readonly #world: AuditWorld;
  readonly #scenario: Scenario;
  readonly #mood: ServerMood;
  readonly #record: ServerRecord;
  /** Whether faults are on. */
  readonly #faulty: () => boolean;

  constructor(
    engine: Engine,
    life: Life,
    world: AuditWorld,
    scenario: Scenario,
    mood: ServerMood,
    record: ServerRecord,
    faulty: () => boolean,
  ) {
    this.#engine = engine;
    this.#life = life;
    this.#world = world;
    this.#scenario = scenario;
    this.#mood = mood;
    this.#record = record;
    this.#faulty = faulty;
  }

  post(request: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
    if (signal.aborted) return Promise.reject(signal.reason);
    const engine = this.#engine;
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const undo = engine.afterIn(this.#life, request.deadlineMs, () =>
      reject(failure('source.timeout', 'the answer took too long')),
    );
    this.#send(request).then(resolve, reject);
    return promise.finally(() => {
      undo();
      signal.removeEventListener('abort', onAbort);
    });
  }

  async #send(request: TransportRequest): Promise<TransportResponse> {
    const engine = this.#engine;
    const faults = this.#scenario.answers;
    const on = (share: number): boolean => this.#faulty() && share > 0 && engine.chance(share);
    const slowMs = on(faults.slow) ? engine.between(2_000, 30_000) : 0;
    if (!this.#life.dead) {
      request.onSent?.();
      this.#count();
    }
    const hangs = this.#mood.silent || on(faults.hang);
    const reset = on(faults.reset);
    const lost = on(faults.lost);
    const answer = await engine.call(
      this.#life,
      { toEffectMs: engine.between(5, 80), toAnswerMs: engine.between(5, 80) + slowMs },
      () => {
        if (hangs) return undefined;
        if (reset) throw failure('source.network', 'reset before it arrived');
        const made = this.#answer(String(request.body), on);
        if (lost) throw failure('source.network', 'the answer was lost');
        return made;
      },
    );
    return answer ?? (await new Promise<never>(() => {}));
  }

  #count(): void {
    const record = this.#record;
    const now = this.#engine.nowMs;
    record.requests += 1;
    record.sentMs = record.sentMs.filter((each) => each > now - 1000);
    record.sentMs.push(now);
    record.mostPerSecond = Math.max(record.mostPerSecond, record.sentMs.length);
  }

  #answer(body: string, on: (share: number) => boolean): TransportResponse {
    const faults = this.#scenario.answers;
    const engine = this.#engine;
    if (this.#mood.refuses)
      return this.#response(401, '{"status":{"code":11009,"description":"no such key"}}');
    if (on(faults.status)) return this.#response(engine.pick([500, 502, 503]), 'upstream');
    if (on(faults.throttle)) {
      const after = engine.chance(0.5) ? { 'retry-after': String(engine.between(1, 20)) } : {};
      return this.#response(429, '{"status":{"code":11005}}', after);
    }
    if (on(faults.errorInSuccess))
      return this.#response(200, '{"status":{"code":98014,"description":"later"}}');
    if (on(faults.page)) return this.#response(200, '<html>sign in</html>', { 'content-type': 'text/html' });
    return this.#search(body, on);
  }

  #search(body: string, on: (share: number) => boolean): TransportResponse {
    const faults = this.#scenario.answers;
    const engine = this.#engine;
    const query = readQuery(body);
    const { deepest } = this.#scenario.server;
    if (query.page > 1 && deepest !== undefined && query.page * query.perPage > deepest) {
      return this.#response(400, '{"status":{"code":11102,"description":"too deep"}}');
    }
    const lie = this.#lie(on);
    let rows = this.#world.page(query, lie === 'lag' ? engine.trueMs - LAG_MS : undefined);
    if (lie === 'cut') rows = rows.slice(0, Math.floor(engine.random() * rows.length));
    if (lie === 'empty') rows = [];
    engine.note(`answer ${this.#life.number} page ${query.page} ${query.from}..${query.to}: ${rows.length}`);
    const text = `{"status":{"code":10000,"req_id":"a${this.#record.requests}"},"entries":[${rows.join(',')}]}`;
    const cutOff = on(faults.truncated) ? Math.floor(engine.random() * text.length) : text.length;
    return this.#response(200, text.slice(0, cutOff));
  }

  /** How an answer leaves entries out by mistake. Never twice within a few answers: what lies always cannot be read. */
  #lie(on: (share: number) => boolean): 'cut' | 'empty' | 'lag' | undefined {
    const { cut, empty, lag } = this.#scenario.answers;
    const record = this.#record;
    record.honest += 1;
    if (record.honest < HONEST_BETWEEN_LIES) return undefined;
    const lie = on(cut) ? 'cut' : on(empty) ? 'empty' : on(lag) ? 'lag' : undefined;
    if (lie !== undefined) record.honest = 0;
    return lie;
  }

  #response(status: number, body: string, headers: Record<string, string> = {}): TransportResponse {
    const date = new Date(this.#engine.trueMs).toUTCString();
    return { status, headers: { ...HEADERS, date, ...headers }, body: Buffer.from(body), release: () => {} };
  }
}

function failure(code: string, what: string): ConnectorError {
  return new ConnectorError(`Simulated: ${what}.`, { code, retryable: true });
}
