import { LineError, scanLines } from '../journal/line-format.ts';
import { entryBytesIn, idIn } from '../journal/lines.ts';
import { ConnectorError, ExitCode } from '../runtime/errors.ts';

const LF = Buffer.from('\n');

/** An entry as a line of a journal segment holds it. */
export interface JournalLine {
  readonly id: string;
  readonly bytes: Buffer;
  readonly utf8: boolean;
}

/** Reads one line of a segment, without its end. Throws `convert.no_segment` (exit 2) when it is none. */
export function readJournalLine(line: Buffer): JournalLine {
  const bytes = Buffer.concat([line, LF]);
  try {
    scanLines(bytes, 0, 1);
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    throw new ConnectorError(
      `stdin: a line is no line of a journal segment: ${line.toString('latin1', 0, 60)}`,
      {
        code: 'convert.no_segment',
        exitCode: ExitCode.config,
      },
    );
  }
  return { id: idIn(bytes, 0), ...entryBytesIn(bytes, 0, bytes.length) };
}
