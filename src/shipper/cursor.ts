import type { Clock, Random } from '../runtime/clock.ts';
import { ConnectorError, ExitCode, hasCode } from '../runtime/errors.ts';
import type { Position, SegmentRange, SinkState } from '../sink/sink.ts';
import type { Store } from '../store/store.ts';

/** Version of the cursor format that this program writes; a newer one is refused. */
export const CURSOR_FORMAT = 1;

/** How far a sink has got with a source. */
export interface Cursor {
  /** Chain that `position` is a place in. */
  readonly chainId: string;
  /** The next record due. */
  readonly position: Position;
  /** State of the sink at that place. */
  readonly state: SinkState | undefined;
  /** Segments below were removed by retention before this cursor began: not being sent those is no loss. */
  readonly floor: number;
  /** What a gathering sink is being given: behind `position`, and not all of it stored yet. */
  readonly range?: SegmentRange | undefined;
}

/** Key of the cursor of `sinkId` for `sourceId` in the store. */
export function cursorKey(sourceId: string, sinkId: string): string {
  return `${sourceId}/cursors/${sinkId}.json`;
}

/**
 * The stored cursor of one sink and source. It is written by compare-and-swap, and each process marks it as its
 * own: when another process has written it, `save` fails with `shipper.fenced` and writes nothing.
 */
export class CursorFile {
  readonly #store: Store;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #owner: string;
  #version: string | undefined;

  constructor(store: Store, key: string, clock: Clock, random: Random) {
    this.#store = store;
    this.#key = key;
    this.#clock = clock;
    this.#owner = random.hex(8);
  }

  /**
   * Reads the cursor; undefined when there is none. Throws `shipper.cursor_damaged` when it cannot be read, and
   * `shipper.cursor_newer` when a newer program wrote it: a guess would lose or repeat records.
   */
  async load(): Promise<Cursor | undefined> {
    const object = await this.#store.get(this.#key);
    this.#version = object?.version;
    return object === undefined ? undefined : parseCursor(object.body, this.#key);
  }

  /** Writes the cursor. Durable when it resolves. Throws `shipper.fenced`, and what the store throws. */
  async save(cursor: Cursor): Promise<void> {
    const body = Buffer.from(this.#format(cursor));
    try {
      this.#version = await this.#store.replace(this.#key, body, this.#version);
    } catch (error) {
      if (!hasCode(error, 'store.conflict')) throw error;
      await this.#adoptOwn(error);
      this.#version = await this.#store.replace(this.#key, body, this.#version).catch((again: unknown) => {
        throw hasCode(again, 'store.conflict') ? this.#fenced(again) : again;
      });
    }
  }

  /** A conflict with an object of our own is a write whose answer was lost: go on from it. */
  async #adoptOwn(conflict: ConnectorError): Promise<void> {
    const object = await this.#store.get(this.#key);
    if (object === undefined || ownerOf(object.body) !== this.#owner) throw this.#fenced(conflict);
    this.#version = object.version;
  }

  #fenced(cause: unknown): ConnectorError {
    return new ConnectorError(
      `The cursor ${this.#key} was written by another process: this one stops shipping, so that nothing is sent twice. ` +
        'Let only one process use this data folder, then restart.',
      { code: 'shipper.fenced', cause },
    );
  }

  #format(cursor: Cursor): string {
    return `${JSON.stringify({
      v: CURSOR_FORMAT,
      chain_id: cursor.chainId,
      segment: cursor.position.segment,
      line: cursor.position.line,
      floor: cursor.floor,
      range: cursor.range && [cursor.range.first, cursor.range.last],
      state: cursor.state,
      updated: new Date(this.#clock.nowMs()).toISOString(),
      owner: this.#owner,
    })}\n`;
  }
}

function parseCursor(body: Buffer, key: string): Cursor {
  const raw = parseObject(body);
  if (typeof raw?.v === 'number' && raw.v > CURSOR_FORMAT) {
    throw new ConnectorError(
      `The cursor ${key} has format ${raw.v}, this program knows ${CURSOR_FORMAT}: run the newer program.`,
      { code: 'shipper.cursor_newer', exitCode: ExitCode.config },
    );
  }
  const { v, chain_id: chainId, segment, line, floor, state, range } = raw ?? {};
  const known = v === CURSOR_FORMAT && typeof chainId === 'string' && isState(state) && isRange(range);
  if (!known || !isCount(segment) || !isCount(line) || !isCount(floor)) {
    throw new ConnectorError(
      `The cursor ${key} is damaged. Restore it from a backup, or remove it: the sink then starts as its \`from\` says, ` +
        'and sinks without deduplication get records again.',
      { code: 'shipper.cursor_damaged', exitCode: ExitCode.damaged },
    );
  }
  return {
    chainId,
    position: { segment, line },
    state,
    floor,
    range: range && { first: range[0], last: range[1] },
  };
}

function ownerOf(body: Buffer): unknown {
  return parseObject(body)?.owner;
}

function parseObject(body: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isState(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRange(value: unknown): value is [first: number, last: number] | undefined {
  return value === undefined || (Array.isArray(value) && value.length === 2 && value.every(isCount));
}

function isState(value: unknown): value is SinkState | undefined {
  return value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
}
