import { ConnectorError } from '../../src/runtime/errors.ts';
import type { FileSystem, OpenFile } from '../../src/sink/file-system.ts';
import type { Sink, SinkContext, SinkWriter, WriteResult } from '../../src/sink/sink.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { Store, StoredObject } from '../../src/store/store.ts';
import type { Engine, Life } from './engine.ts';
import type { CallFaults, SinkFaults } from './scenario.ts';

/** What is full or out of order for a while. */
export interface Mood {
  full: boolean;
  out: boolean;
}

/** What a seam needs to go wrong. */
export interface Trouble<Faults extends CallFaults> {
  readonly engine: Engine;
  readonly faults: Faults;
  readonly mood: Mood;
  readonly faulty: () => boolean;
}

/** A call that may fail before it takes effect, or lose its answer behind it. */
function troubled<T>(
  { engine, faults, mood, faulty }: Trouble<CallFaults>,
  life: Life,
  what: string,
  errors: { readonly full: string; readonly io: string },
  effect: () => T,
  outlives = false,
): Promise<T> {
  const on = (share: number): boolean => faulty() && share > 0 && engine.chance(share);
  const slowMs = on(faults.slow) ? engine.between(500, 20_000) : 0;
  const fails = on(faults.fails);
  const lost = on(faults.answerLost);
  const delays = { toEffectMs: engine.between(0, 4) + slowMs, toAnswerMs: engine.between(0, 4) };
  const attempt = (): T => {
    if (mood.full) throw failure(errors.full, `${what}: full`);
    if (fails || mood.out) throw failure(errors.io, `${what}: failed`);
    const result = effect();
    engine.note(`${life.number} ${what}`);
    if (lost) throw failure(errors.io, `${what}: done, the answer was lost`);
    return result;
  };
  return engine.call(life, delays, attempt, outlives);
}

function failure(code: string, what: string): ConnectorError {
  return new ConnectorError(`Simulated: ${what}.`, { code, retryable: true });
}

/** What was done to the store that all processes share; `onPut` is told of every new object. */
export class SharedStore {
  readonly objects = new Map<string, StoredObject>();
  readonly violations: string[] = [];
  onPut: (key: string, body: Buffer) => void = () => {};
  #revision = 0;

  get(key: string): StoredObject | undefined {
    return this.objects.get(key);
  }

  put(key: string, body: Uint8Array): string {
    const version = String(++this.#revision);
    const copy = Buffer.from(body);
    this.objects.set(key, { body: copy, version });
    this.onPut(key, copy);
    return version;
  }

  /** Everything in it, for a look from outside. */
  async snapshot(): Promise<MemoryStore> {
    const copy = new MemoryStore();
    for (const [key, { body }] of this.objects) await copy.putIfAbsent(key, body);
    return copy;
  }
}

const STORE_ERRORS = { full: 'store.full', io: 'store.io' };

/** The shared store as one process sees it. */
export function storeOf(shared: SharedStore, life: Life, trouble: Trouble<CallFaults>): Store {
  const call = <T>(what: string, effect: () => T, outlives = false) =>
    troubled(trouble, life, what, STORE_ERRORS, effect, outlives);
  const isSegment = (key: string): boolean => key.includes('/segments/');
  return {
    get: (key) => call(`get ${key}`, () => shared.get(key)),
    putIfAbsent: (key, body) => {
      const put = (): boolean => {
        if (shared.get(key) !== undefined) return false;
        shared.put(key, body);
        return true;
      };
      return call(`put ${key}`, put, isSegment(key));
    },
    replace: (key, body, expected) =>
      call(`replace ${key}`, () => {
        if (isSegment(key)) shared.violations.push(`${key} was overwritten`);
        if (shared.get(key)?.version !== expected) {
          throw new ConnectorError(`${key} was changed in the meantime.`, { code: 'store.conflict' });
        }
        return shared.put(key, body);
      }),
    list: (prefix) => {
      const keys = () => [...shared.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      // Asked for every two seconds, and nearly always for nothing: no event for that.
      return prefix.includes('requests') ? Promise.resolve(keys()) : call(`list ${prefix}`, keys);
    },
    delete: (key) => call(`delete ${key}`, () => void shared.objects.delete(key)),
    size: (prefix) =>
      call('size', () =>
        [...shared.objects].reduce(
          (sum, [key, { body }]) => (key.startsWith(prefix) ? sum + body.length : sum),
          0,
        ),
      ),
  };
}

/** What a sink holds, whoever wrote it. */
export class SinkContent {
  /** Event ids in the order in which they arrived. */
  readonly arrived: string[] = [];
  readonly held = new Set<string>();
  readonly violations: string[] = [];
}

/**
 * A sink that keeps event ids.
 *
 * @param byId whether a second arrival of an id is no second record
 * @param alone whether one process at a time sends: then a record is sent again only as uncertain
 */
export function sinkOf(
  id: string,
  byId: boolean,
  alone: boolean,
  content: SinkContent,
  life: Life,
  trouble: Trouble<SinkFaults>,
): Sink {
  const { engine, faults, faulty } = trouble;
  const write = (ids: readonly string[], uncertain: boolean): WriteResult => {
    const retry: number[] = [];
    const refused: { index: number; reason: string }[] = [];
    ids.forEach((each, index) => {
      if (isPoison(each, faults.poison)) refused.push({ index, reason: 'poison' });
      else if (faulty() && faults.again > 0 && engine.chance(faults.again)) retry.push(index);
      else {
        if (alone && content.held.has(each) && !uncertain)
          content.violations.push(`${id}: ${each} again, as if for sure`);
        if (!byId || !content.held.has(each)) content.arrived.push(each);
        content.held.add(each);
      }
    });
    return { retry, refused };
  };
  const call = <T>(what: string, effect: () => T) =>
    troubled(trouble, life, `${id} ${what}`, { full: 'sink.full', io: 'sink.io' }, effect);
  const writer: SinkWriter = {
    write: ({ records, uncertain }) =>
      call(`write ${records.length} from ${records[0]!.position.segment}:${records[0]!.position.line}`, () =>
        write(
          records.map((each) => each.id),
          uncertain,
        ),
      ),
    flush: async () => undefined,
    close: async () => {},
  };
  return {
    id,
    idempotent: byId,
    concurrency: byId ? 4 : 1,
    check: async () => {},
    open: (_context: SinkContext) => call('open', () => writer),
    close: async () => {},
  };
}

/** Whether a sink refuses an id for good: one in `share`. */
export function isPoison(id: string, share: number): boolean {
  return share > 0 && Number.parseInt(id.slice(0, 8), 16) % share === 0;
}

/** A file system whose calls take time, fail, and end with the process. */
export function fileSystemOf(inner: FileSystem, life: Life, trouble: Trouble<CallFaults>): FileSystem {
  const call = async <T>(what: string, effect: () => Promise<T>): Promise<T> =>
    await await troubled(trouble, life, `file ${what}`, { full: 'sink.full', io: 'sink.io' }, effect);
  const file = (open: OpenFile): OpenFile => ({
    facts: () => call('facts', () => open.facts()),
    write: (bytes, offset) =>
      call(`write ${bytes.length} at ${offset}`, () => {
        // A write may be cut short, by the system or by the end of the process.
        const { engine, faulty } = trouble;
        const short =
          faulty() && engine.chance(0.05) ? Math.ceil(engine.random() * bytes.length) : bytes.length;
        return open.write(Buffer.from(bytes.subarray(0, short)), offset);
      }),
    read: (into, offset) => open.read(into, offset),
    truncate: (size) => call(`truncate ${size}`, () => open.truncate(size)),
    sync: () => open.sync(),
    close: () => open.close(),
  });
  return {
    makeFolder: (path) => inner.makeFolder(path),
    open: async (path) => file(await call('open', () => inner.open(path))),
    facts: (path) => call('facts', () => inner.facts(path)),
    syncFolder: (path) => inner.syncFolder(path),
    remove: (path) => inner.remove(path),
  };
}
