import { silentLog } from '../../src/runtime/log.ts';
import { FileSink } from '../../src/sink/file.ts';
import type { SinkState, SinkWriter } from '../../src/sink/sink.ts';
import type { Call, Fate, FaultyFileSystem } from './faulty-file-system.ts';
import { batchOf, NEVER, record, SOURCE } from './records.ts';

const DATES = ['2026-01-01', '2026-01-02', undefined, '2026-01-01', '2026-01-03'];
/** The records that a process has to write. */
export const DUE = Array.from({ length: 17 }, (_, n) => {
  return record(n, DATES[n % DATES.length], 'x'.repeat((n * 37) % 90));
});

/** What survives a process: the cursor. */
export interface Saved {
  next: number;
  state: string | undefined;
}

class Died extends Error {}

/** Dies at call `k`, having done nothing, a half or all of it; nothing works after. */
export function dieAt(k: number, done: 'nothing' | 'half' | 'all'): (call: Call) => Fate {
  const error = new Died('the process is dead');
  return ({ n }) => (n < k ? undefined : { error, done: n === k ? done : 'nothing' });
}

/** A process that writes what is due as the shipper does, saving after every second batch. True when it lived. */
export async function live(
  folder: string,
  saved: Saved,
  batchSize: number,
  fs: FaultyFileSystem,
): Promise<boolean> {
  let next = saved.next;
  const save = (state: SinkState | undefined) =>
    fs.step('other', async () => {
      Object.assign(saved, { next, state: JSON.stringify(state) });
    });
  let writer: SinkWriter | undefined;
  const sink = new FileSink({ id: 'file', path: folder, log: silentLog, fs });
  try {
    const state = saved.state === undefined ? undefined : (JSON.parse(saved.state) as SinkState);
    writer = await sink.open({ source: SOURCE, state, saveState: save });
    for (let batch = 1; next < DUE.length; batch += 1) {
      const due = DUE.slice(next, next + batchSize);
      await writer.write(batchOf(due), NEVER);
      next += due.length;
      if (batch % 2 === 0 || next === DUE.length) await save(await writer.flush(NEVER));
    }
    return true;
  } catch (error) {
    if (!(error instanceof Died) && !((error as Error).cause instanceof Died)) throw error;
    return false;
  } finally {
    await writer?.close();
  }
}
