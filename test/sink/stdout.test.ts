import { describe, expect, it } from 'vitest';
import { type LineOutput, StdoutSink } from '../../src/sink/stdout.ts';
import { sinkContract } from './contract.ts';
import { batchOf, KeptContext, linesOf, NEVER, records } from './records.ts';

class KeptOutput implements LineOutput {
  text = '';

  async write(chunk: string): Promise<void> {
    this.text += chunk;
  }
}

function failing(code: string): LineOutput {
  return { write: () => Promise.reject(Object.assign(new Error(code), { code })) };
}

async function writeTo(output: LineOutput): Promise<unknown> {
  const writer = await new StdoutSink('console', output).open(new KeptContext());
  return await writer.write(batchOf(records(0, 3)), NEVER);
}

sinkContract('stdout', async () => {
  const output = new KeptOutput();
  return {
    sink: new StdoutSink('console', output),
    stored: async () => output.text.split('\n').slice(0, -1),
  };
});

describe('stdout', () => {
  it('ends every line with one LF', async () => {
    const output = new KeptOutput();
    await writeTo(output);
    expect(output.text).toBe(
      linesOf(records(0, 3))
        .map((line) => `${line}\n`)
        .join(''),
    );
  });

  it('says that a record may come twice', () => {
    expect(new StdoutSink('console', new KeptOutput()).idempotent).toBe(false);
  });

  it('is not done with a batch before the reader took it', async () => {
    const taken = Promise.withResolvers<void>();
    let done = false;
    const written = writeTo({ write: () => taken.promise }).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    taken.resolve();
    await written;
    expect(done).toBe(true);
  });

  it('stops with a word on what to do when nobody reads any more', async () => {
    for (const code of ['EPIPE', 'ERR_STREAM_DESTROYED']) {
      await expect(writeTo(failing(code))).rejects.toMatchObject({
        code: 'sink.closed',
        retryable: false,
        message: expect.stringContaining('restart the reader'),
      });
    }
  });

  it('tries again after any other error', async () => {
    await expect(writeTo(failing('EIO'))).rejects.toMatchObject({ code: 'sink.io', retryable: true });
  });
});
