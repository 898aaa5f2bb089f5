import type { BatchConfig } from '../config/types.ts';
import type { Span } from '../event/span.ts';
import type { Journal } from '../journal/types.ts';
import type { RecordMapper } from '../record/record.ts';
import { ConnectorError, ExitCode, hasCode } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { OutRecord } from '../sink/sink.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { DeadLetter } from './dead-letters.ts';
import { eventTimeAt } from './event-time.ts';
import { keptRecord, mapEntry, type ShippedSource } from './map-entry.ts';
import { OpenBatch } from './open-batch.ts';
import type { Stream } from './stream.ts';

/** What to send again: the entries of a span of event time, or all dead letters of the sink and source. */
export type ReplayRequest =
  | { readonly kind: 'span'; readonly span: Span }
  | { readonly kind: 'dead_letters' };

/** What a replay did. */
export interface ReplayReport {
  /** Records that the sink took. */
  readonly sent: number;
  /** Records that it refused: they are in the dead letters. */
  readonly refused: number;
  /** Dead letters that could not be read: they are left where they are. */
  readonly unreadable: number;
}

/** What a replay works with. */
export interface ReplayDeps {
  readonly journal: Journal;
  readonly source: ShippedSource;
  readonly mapper: RecordMapper;
  readonly batch: BatchConfig;
  readonly log: Log;
}

/**
 * Sends records again through `stream`, without moving its cursor. Sinks that know event ids take none of them
 * twice; all others store them once more: a file gets the lines appended again.
 *
 * Throws `sink.no_replay` (exit 2) for a gathering sink; `journal.trimmed`, before anything is sent, when retention removed a part of the span; what the journal
 * throws; and the reason of an abort.
 */
export async function resend(
  request: ReplayRequest,
  stream: Stream,
  deps: ReplayDeps,
  signal: AbortSignal,
): Promise<ReplayReport> {
  if (stream.gathers) throw noReplay();
  const fields = { replay: request.kind };
  deps.log.info(
    fields,
    'replay begins; a sink without deduplication stores again what it has: a file gets the lines twice',
  );
  const replay = new Replay(stream, deps, signal);
  const report = request.kind === 'span' ? await replay.span(request.span) : await replay.letters();
  deps.log.info({ ...fields, ...report }, 'replay done');
  return report;
}

function noReplay(): ConnectorError {
  return new ConnectorError(
    'A replay is not possible here: this sink stores whole segments under keys that tell which, and what it has ' +
      'would be told twice under other keys. To write everything once more, add a sink with a new id, another prefix ' +
      'and `from: earliest`.',
    { code: 'sink.no_replay', exitCode: ExitCode.config },
  );
}

/** One replay under way. */
class Replay {
  readonly #stream: Stream;
  readonly #deps: ReplayDeps;
  readonly #signal: AbortSignal;
  readonly #builder: BatchBuilder;
  #sent = 0;
  #refused = 0;
  #unreadable = 0;

  constructor(stream: Stream, deps: ReplayDeps, signal: AbortSignal) {
    this.#stream = stream;
    this.#deps = deps;
    this.#signal = signal;
    this.#builder = new BatchBuilder(deps.batch);
  }

  async span(span: Span): Promise<ReplayReport> {
    const { journal, mapper, source } = this.#deps;
    refuseTrimmed(journal, span);
    const flush = () => this.#send((record, reason) => this.#stream.bury(record, reason));
    for (const { n } of await journal.touching(span)) {
      const segment = await journal.read(n);
      for (let line = 0; line < segment.header.count; line += 1) {
        const at = eventTimeAt(segment, line);
        if (at === undefined || at < span.from || at >= span.to) continue;
        await this.#add(mapEntry(segment, line, mapper, source).record, flush);
      }
    }
    await flush();
    return this.#report();
  }

  async letters(): Promise<ReplayReport> {
    const stream = this.#stream;
    const keys = new Map<OutRecord, string>();
    const flush = async () => {
      // A record refused once more keeps the letter it has.
      await this.#send(async (record) => void keys.delete(record));
      for (const key of keys.values()) await stream.unbury(key);
      keys.clear();
    };
    for (const key of await stream.keepTrying('dead_letters', () => stream.deadLetters.list())) {
      const letter = await this.#read(key);
      if (letter === undefined) continue;
      const record = await recordOf(letter, this.#deps);
      await this.#add(record, flush, (held) => keys.set(held, key));
    }
    await flush();
    return this.#report();
  }

  async #add(
    record: OutRecord,
    flush: () => Promise<void>,
    added: (record: OutRecord) => void = () => {},
  ): Promise<void> {
    let held = this.#builder.add(record);
    if (held === undefined) {
      // The next batch of the stream is mapped meanwhile.
      const kept = keptRecord(record);
      await flush();
      held = this.#builder.add(kept)!;
    }
    added(held);
    if (this.#builder.full) await flush();
  }

  /** Sends what was gathered; it is durable in the sink when this resolves. */
  async #send(refuse: (record: OutRecord, reason: string) => Promise<void>): Promise<void> {
    this.#signal.throwIfAborted();
    const { records, release } = this.#builder.take();
    const batch = new OpenBatch(records);
    if (batch.open === 0) return;
    let refused = 0;
    await this.#stream.send(batch, true, async (record, reason) => {
      await refuse(record, reason);
      refused += 1;
    });
    await this.#stream.save(true);
    release();
    this.#refused += refused;
    this.#sent += batch.records.length - refused;
  }

  async #read(key: string): Promise<DeadLetter | undefined> {
    return await this.#stream.keepTrying('dead_letters', async () => {
      try {
        return await this.#stream.deadLetters.read(key);
      } catch (error) {
        if (!hasCode(error, 'dead_letter.damaged')) throw error;
        this.#deps.log.error({ err: error }, 'a dead letter cannot be read; the others are sent');
        this.#unreadable += 1;
        return undefined;
      }
    });
  }

  #report(): ReplayReport {
    return { sent: this.#sent, refused: this.#refused, unreadable: this.#unreadable };
  }
}

/** Maps the entry anew, so that a mended mapping counts; what the journal no longer holds goes as it was refused. */
async function recordOf(letter: DeadLetter, { journal, mapper, source }: ReplayDeps): Promise<OutRecord> {
  const { id, record: line, date, segment: n, line: number } = letter;
  const kept = { id, line, date, position: { segment: n, line: number } };
  if (letter.chainId !== journal.genesis.chainId || n > journal.head.n) return kept;
  try {
    const segment = await journal.read(n);
    if (number >= segment.header.count) return kept;
    const { record } = mapEntry(segment, number, mapper, source);
    return record.id === id ? keptRecord(record) : kept;
  } catch (error) {
    if (hasCode(error, 'journal')) return kept;
    throw error;
  }
}

function refuseTrimmed(journal: Journal, span: Span): void {
  const gone = journal.trimmed?.spans.find(({ from, to }) => from < span.to && span.from < to);
  if (gone === undefined) return;
  throw new ConnectorError(
    `A part of the span was removed from the journal of ${journal.sourceId} by retention and cannot be replayed; ` +
      'nothing was sent. Ask for a later span.',
    { code: 'journal.trimmed' },
  );
}
