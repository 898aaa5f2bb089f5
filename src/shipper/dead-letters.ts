import { ConnectorError } from '../runtime/errors.ts';
import type { OutRecord, SourceRef } from '../sink/sink.ts';
import type { Store } from '../store/store.ts';

/** A record that a sink refused for good. */
export interface DeadLetter {
  /** Event id. */
  readonly id: string;
  /** Source id. */
  readonly source: string;
  /** Sink id. */
  readonly sink: string;
  /** Chain that segment and line are a place in. */
  readonly chainId: string;
  readonly segment: number;
  readonly line: number;
  /** The sink's words. */
  readonly reason: string;
  /** Wall clock of the refusal, RFC 3339. */
  readonly at: string;
  /** Event date of the record, as in {@link OutRecord}. */
  readonly date: string | undefined;
  /** The record's line as the sink refused it, byte for byte. */
  readonly record: string;
}

/** The dead letters of one sink and source: one object a record, named by its place in the journal. */
export class DeadLetters {
  readonly #store: Store;
  readonly #sink: string;
  readonly #source: string;
  readonly #prefix: string;

  constructor(store: Store, sinkId: string, sourceId: string) {
    this.#store = store;
    this.#sink = sinkId;
    this.#source = sourceId;
    this.#prefix = `deadletters/${sinkId}/${sourceId}/`;
  }

  /**
   * Keeps `record`. Durable when it resolves. True when it was not there: a record refused twice makes one letter,
   * which keeps its first reason. Throws what the store throws.
   */
  async put(record: OutRecord, source: SourceRef, reason: string, at: string): Promise<boolean> {
    const { segment, line } = record.position;
    const name = `${source.chainId}-${String(segment).padStart(12, '0')}-${String(line).padStart(6, '0')}.json`;
    const body = {
      id: record.id,
      source: this.#source,
      sink: this.#sink,
      chain_id: source.chainId,
      segment,
      line,
      reason,
      at,
      date: record.date,
      record: record.line,
    };
    return await this.#store.putIfAbsent(this.#prefix + name, Buffer.from(`${JSON.stringify(body)}\n`));
  }

  /** Keys of all letters, in journal order of each chain. */
  async list(): Promise<string[]> {
    return await this.#store.list(this.#prefix);
  }

  /** How many there are, unreadable ones included. */
  async count(): Promise<number> {
    return (await this.list()).length;
  }

  /**
   * Reads a letter; undefined when it is gone. Throws `dead_letter.damaged` when it cannot be understood, which
   * concerns this letter alone.
   */
  async read(key: string): Promise<DeadLetter | undefined> {
    const object = await this.#store.get(key);
    return object === undefined ? undefined : parseLetter(object.body, key);
  }

  /** Removes a letter that was delivered. */
  async delete(key: string): Promise<void> {
    await this.#store.delete(key);
  }
}

function parseLetter(body: Buffer, key: string): DeadLetter {
  try {
    const raw = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const { date } = raw;
    if (date !== undefined && typeof date !== 'string') throw new TypeError('date is no text');
    return {
      id: text(raw, 'id'),
      source: text(raw, 'source'),
      sink: text(raw, 'sink'),
      chainId: text(raw, 'chain_id'),
      segment: count(raw, 'segment'),
      line: count(raw, 'line'),
      reason: text(raw, 'reason'),
      at: text(raw, 'at'),
      date,
      record: text(raw, 'record'),
    };
  } catch (cause) {
    throw new ConnectorError(`The dead letter ${key} is damaged: restore it from a backup, or remove it.`, {
      code: 'dead_letter.damaged',
      cause,
    });
  }
}

function text(raw: Record<string, unknown>, name: string): string {
  const value = raw[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`);
  return value;
}

function count(raw: Record<string, unknown>, name: string): number {
  const value = raw[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError(`${name} is no number`);
  return value as number;
}
