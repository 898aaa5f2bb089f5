import { ConnectorError } from '../runtime/errors.ts';
import type { Batch, Sink, SinkContext, SinkState, SinkWriter, WriteResult } from './sink.ts';

/** Where lines go; `main` hands in the process's standard output. */
export interface LineOutput {
  /** Writes `chunk` whole. Resolves when more may be written (back-pressure); rejects with Node's error. */
  write(chunk: string): Promise<void>;
}

const STORED: WriteResult = { retry: [], refused: [] };

/** Lines on standard output. At least once: what a reader got before a crash is written again. */
export class StdoutSink implements Sink {
  readonly id: string;
  readonly idempotent = false;
  readonly #output: LineOutput;

  constructor(id: string, output: LineOutput) {
    this.id = id;
    this.#output = output;
  }

  async check(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
  }

  async open(_context: SinkContext): Promise<SinkWriter> {
    return new StdoutWriter(this.#output);
  }

  async close(): Promise<void> {}
}

class StdoutWriter implements SinkWriter {
  readonly #output: LineOutput;

  constructor(output: LineOutput) {
    this.#output = output;
  }

  /** Throws `sink.closed` (not retryable) when nobody reads any more, `sink.io` (retryable) otherwise. */
  async write({ records }: Batch, signal: AbortSignal): Promise<WriteResult> {
    signal.throwIfAborted();
    const lines = records.map(({ line }) => line);
    lines.push('');
    try {
      await this.#output.write(lines.join('\n'));
    } catch (cause) {
      throw outputError(cause);
    }
    return STORED;
  }

  async flush(): Promise<SinkState | undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}

/** EPIPE, and what Node says of a stream that has ended, will not mend. */
const CLOSED = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'EBADF']);

function outputError(cause: unknown): ConnectorError {
  const code = String((cause as NodeJS.ErrnoException | undefined)?.code ?? 'unknown');
  if (CLOSED.has(code)) {
    return new ConnectorError('Nobody reads standard output any more: restart the reader and this program.', {
      code: 'sink.closed',
      cause,
    });
  }
  return new ConnectorError(`Writing to standard output failed (${code}); it is tried again.`, {
    code: 'sink.io',
    retryable: true,
    cause,
  });
}
