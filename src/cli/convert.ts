import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { withIds } from '../collector/classify.ts';
import type { Format } from '../config/types.ts';
import { cutAnswer, readEntry } from '../event/answer.ts';
import type { Entry } from '../event/entry.ts';
import { explain } from '../record/explain.ts';
import { createMapper } from '../record/formats.ts';
import type { PiiMode, RecordContext, RecordOptions } from '../record/record.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { Host } from './host.ts';
import { readJournalLine } from './journal-line.ts';
import { linesOf } from './lines-of.ts';
import { table } from './table.ts';

/** Options of `convert`. */
export interface ConvertOptions {
  readonly format: Format;
  readonly pii: PiiMode;
  readonly ocsfVersion: '1.8.0' | '1.3.0';
  readonly includeOriginal?: boolean;
  readonly source: string;
  readonly userId: string;
  readonly fromJournal?: boolean;
  readonly explain?: boolean;
}

/** An entry with the id and read time that its record shows. */
interface Identified {
  readonly id: string;
  readonly bytes: Buffer;
  readonly utf8: boolean;
  readonly readTime: string;
}

/** `convert`: entries on stdin (NDJSON, answers of the API, or a journal segment), records on stdout. */
export async function execute(options: ConvertOptions, host: Host): Promise<number> {
  const recordOptions: RecordOptions = {
    pii: options.pii,
    includeOriginal: options.includeOriginal ?? false,
    ocsfVersion: options.ocsfVersion,
  };
  const counts = new Map<string, number>();
  const mapper = createMapper(options.format, recordOptions, (what) =>
    counts.set(what, (counts.get(what) ?? 0) + 1),
  );
  const input = gunzipped(host.stdin);
  const entries = options.fromJournal ? journalEntries(input) : plainEntries(input, new Date().toISOString());
  let records = 0;
  let minimal = 0;
  for await (const entry of entries) {
    const context: RecordContext = {
      id: entry.id,
      source: options.source,
      userId: options.userId,
      readTime: entry.readTime,
    };
    if (options.explain) {
      await host.writeOut(explanation(options.format, entry, context, recordOptions));
      return ExitCode.done;
    }
    const record = mapper(entry.bytes, entry.utf8, context);
    records++;
    if (record.minimal) minimal++;
    await host.writeOut(`${record.line}\n`);
  }
  host.writeErr(
    `${records} records${minimal > 0 ? `, ${minimal} of them minimal (the entry could not be mapped)` : ''}\n`,
  );
  for (const [what, count] of [...counts].sort()) host.writeErr(`  ${what}: ${count}\n`);
  return ExitCode.done;
}

function explanation(
  format: Format,
  entry: Identified,
  context: RecordContext,
  options: RecordOptions,
): string {
  const { mapped, omitted, minimal } = explain(format, entry.bytes, entry.utf8, context, options);
  if (minimal) return 'The entry cannot be mapped: its record is minimal and carries the entry whole.\n';
  const rows = [
    ['FIELD OF THE ENTRY', 'IN THE RECORD'],
    ...mapped.map(({ field, to }) => [field, to.join(', ')]),
    ...omitted.map(({ field, why }) => [field, `- (${why})`]),
  ];
  return table(rows);
}

async function* journalEntries(input: AsyncIterable<Uint8Array>): AsyncGenerator<Identified> {
  let readTime: string | undefined;
  for await (const line of linesOf(input)) {
    if (readTime === undefined) readTime = writtenOf(line);
    else if (line.length > 0) yield { ...readJournalLine(line), readTime };
  }
}

function writtenOf(header: Buffer): string {
  try {
    const { written } = JSON.parse(header.toString('utf8')) as { written?: unknown };
    if (typeof written === 'string') return written;
  } catch {
    // Told below.
  }
  throw new ConnectorError(
    'stdin is no journal segment: its first line is no header. Give one segment: zcat data/<source>/segments/<number>.ndjson.gz',
    { code: 'convert.no_segment', exitCode: ExitCode.config },
  );
}

/** Entries or answers, one a line; or one document over many lines. */
async function* plainEntries(input: AsyncIterable<Uint8Array>, readTime: string): AsyncGenerator<Identified> {
  const lines = linesOf(input);
  let number = 0;
  for await (const line of lines) {
    number++;
    if (isBlank(line)) continue;
    if (isJson(line)) {
      yield* identified(entriesOf(line), readTime);
      continue;
    }
    if (number > 1) throw noJson(`line ${number}`);
    const rest: Buffer[] = [line];
    for await (const more of lines) rest.push(LF, more);
    const whole = Buffer.concat(rest);
    if (!isJson(whole)) throw noJson('it');
    yield* identified(entriesOf(whole), readTime);
  }
}

const LF = Buffer.from('\n');

function entriesOf(document: Buffer): readonly Entry[] {
  if (document[firstByte(document)] !== 0x7b) return [readEntry(document)];
  return cutAnswer(document).entries ?? [readEntry(document)];
}

function* identified(entries: readonly Entry[], readTime: string): Generator<Identified> {
  for (const { id, bytes, utf8 } of withIds(entries)) yield { id, bytes, utf8, readTime };
}

function isJson(text: Buffer): boolean {
  try {
    cutAnswer(text);
    return true;
  } catch {
    return false;
  }
}

function firstByte(text: Buffer): number {
  let at = 0;
  while (at < text.length && text[at]! <= 0x20) at++;
  return at;
}

function isBlank(line: Buffer): boolean {
  return firstByte(line) === line.length;
}

function noJson(where: string): ConnectorError {
  return new ConnectorError(
    `stdin: ${where} is no JSON. Give entries one a line, or answers of the API; for a journal segment add --from-journal`,
    { code: 'convert.no_json', exitCode: ExitCode.config },
  );
}

/** Unpacks what begins with the magic number of gzip (RFC 1952, section 2.3.1). */
async function* gunzipped(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* Readable.from(all()).pipe(createGunzip());
  else yield* all();
}
