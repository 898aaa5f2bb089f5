import { describe, expect, it, onTestFinished } from 'vitest';
import type { Sink, SinkWriter } from '../../src/sink/sink.ts';
import { batchOf, KeptContext, linesOf, NEVER, record, records } from './records.ts';

/** A sink, and a look at the place where its records go. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** Lines that the place holds now, in the order in which a reader gets them. */
  stored(): Promise<string[]>;
}

/** What every sink does for the shipper, whatever its protocol: each implementation runs this suite. */
export function sinkContract(name: string, make: () => Promise<SinkUnderTest>): void {
  describe(`${name}: contract of every sink`, () => {
    it('stores each line of each batch, unchanged and in order', async () => {
      const { writer, stored } = await opened(make);
      await write(writer, batchOf(records(0, 3)));
      await write(writer, batchOf(records(3, 4)));
      await write(writer, batchOf(records(4, 200)));
      await writer.flush(NEVER);
      expect(await stored()).toEqual(linesOf(records(0, 200)));
    });

    it('stores records without a usable date', async () => {
      const { writer, stored } = await opened(make);
      const undated = record(1, undefined);
      await write(writer, batchOf([undated]));
      await writer.flush(NEVER);
      expect(await stored()).toEqual([undated.line]);
    });

    it('goes on with the state that it gave, after JSON and a restart', async () => {
      const { writer, stored, reopen } = await opened(make);
      await write(writer, batchOf(records(0, 3)));
      const next = await reopen(true);
      await write(next, batchOf(records(3, 6), true));
      await next.flush(NEVER);
      expect(await stored()).toEqual(linesOf(records(0, 6)));
    });

    it('fault 65: gets batches again that it took before a crash, and stores them no less than once, nor twice when idempotent', async () => {
      const { sink, writer, stored, reopen } = await opened(make);
      await write(writer, batchOf(records(0, 3)));
      await writer.flush(NEVER);
      await write(writer, batchOf(records(3, 6)));
      await write(writer, batchOf(records(6, 8)));
      const next = await reopen(false);
      // Batches need not be cut as they were before.
      await write(next, batchOf(records(0, 2), true));
      await write(next, batchOf(records(2, 7), true));
      await write(next, batchOf(records(7, 9)));
      await next.flush(NEVER);
      const lines = await stored();
      expect([...new Set(lines)]).toEqual(linesOf(records(0, 9)));
      if (sink.idempotent) expect(lines).toHaveLength(9);
    });

    it('takes nothing when it is told to stop before', async () => {
      const { writer, stored } = await opened(make);
      const reason = new Error('stopped by the test');
      await expect(writer.write(batchOf(records(0, 3)), AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await stored()).toEqual([]);
      await write(writer, batchOf(records(0, 3), true));
      expect(await stored()).toEqual(linesOf(records(0, 3)));
    });

    it('is tried without leaving anything', async () => {
      const { sink, stored } = await make();
      onTestFinished(() => sink.close());
      await sink.check(NEVER);
      expect(await stored()).toEqual([]);
    });

    it('is closed as often as one likes', async () => {
      const { sink, writer, stored } = await opened(make);
      await write(writer, batchOf(records(0, 3)));
      await writer.flush(NEVER);
      await writer.close();
      await writer.close();
      await sink.close();
      await sink.close();
      expect(await stored()).toEqual(linesOf(records(0, 3)));
    });
  });
}

interface Opened extends SinkUnderTest {
  readonly writer: SinkWriter;
  /** Closes the writer as a crash does, or flushed and saved, and opens the next with what is on record. */
  reopen(saved: boolean): Promise<SinkWriter>;
}

async function opened(make: () => Promise<SinkUnderTest>): Promise<Opened> {
  const { sink, stored } = await make();
  onTestFinished(() => sink.close());
  const context = new KeptContext();
  const open = async () => {
    const writer = await sink.open(context);
    onTestFinished(() => writer.close());
    return writer;
  };
  const writer = await open();
  return {
    sink,
    stored,
    writer,
    reopen: async (saved) => {
      if (saved) context.keep(await writer.flush(NEVER));
      await writer.close();
      return await open();
    },
  };
}

/** Writes, and sees that each record was taken. */
async function write(writer: SinkWriter, batch: Parameters<SinkWriter['write']>[0]): Promise<void> {
  expect(await writer.write(batch, NEVER)).toMatchObject({ retry: [], refused: [] });
}
