import type { Format } from '../config/types.ts';
import { createEcsWriter } from './ecs.ts';
import { type HecEnvelopeOptions, hecEnvelope } from './hec.ts';
import { LineWriter } from './line-writer.ts';
import { createOcsfWriter } from './ocsf.ts';
import type { Count } from './parse.ts';
import { writeRaw } from './raw.ts';
import type { MappedRecord, RecordFacts, RecordMapper, RecordOptions, RecordWriter } from './record.ts';

/** Every record format, by its name in the config. A new format is one line here. */
const FORMATS: Readonly<Record<Format, (options: RecordOptions, count: Count) => RecordWriter>> = {
  raw: () => writeRaw,
  ecs: createEcsWriter,
  ocsf: createOcsfWriter,
};

/**
 * The mapper of a format.
 *
 * @param counts told what of an entry no record can show, by names from a fixed set (see {@link Count}); default: nobody
 */
export function createMapper(format: Format, options: RecordOptions, counts: Count = () => {}): RecordMapper {
  const map = createStreamingMapper(format, options, counts);
  return (entry, utf8, context) => {
    const { line, date, minimal } = map(entry, utf8, context);
    return { line, date, minimal };
  };
}

/**
 * As {@link createMapper}, for a stream of entries: the line of a record can be read until the next entry is mapped,
 * and is in memory as bytes.
 *
 * @param hec when given, each record is wrapped as an event of Splunk's HTTP Event Collector
 */
export function createStreamingMapper(
  format: Format,
  options: RecordOptions,
  counts: Count,
  hec?: HecEnvelopeOptions,
): RecordMapper {
  const record = FORMATS[format](options, counts);
  const write = hec === undefined ? record : hecEnvelope(record, hec);
  const out = new LineWriter();
  return (entry, utf8, context) => {
    out.begin();
    return new WrittenRecord(write(out, entry, utf8, context), out);
  };
}

/** A record whose line is still in the writer. */
class WrittenRecord implements MappedRecord {
  readonly date: string | undefined;
  readonly minimal: boolean;
  readonly lineBytes: number;
  readonly #out: LineWriter;
  readonly #number: number;

  constructor({ date, minimal }: RecordFacts, out: LineWriter) {
    this.date = date;
    this.minimal = minimal;
    this.lineBytes = out.length;
    this.#out = out;
    this.#number = out.lines;
  }

  get line(): string {
    this.#refuseGone();
    return this.#out.toString();
  }

  copyLine(into: Buffer, at: number): void {
    this.#refuseGone();
    this.#out.copy(into, at);
  }

  #refuseGone(): void {
    if (this.#out.lines === this.#number) return;
    throw new Error('The line of a record was read after the next entry was mapped: a defect.');
  }
}
