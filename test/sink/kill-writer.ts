import { argv } from 'node:process';
import { silentLog } from '../../src/runtime/log.ts';
import { MemoryMetrics } from '../../src/runtime/metrics.ts';
import { systemClock, systemRandom } from '../../src/runtime/system-clock.ts';
import { createShipper } from '../../src/shipper/shipper.ts';
import { FileSink } from '../../src/sink/file.ts';
import { openDirectoryStore } from '../../src/store/directory.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { killedEntries, killedMapper, SEGMENTS } from './kill-stream.ts';

/** A process to be killed: ships the stream of the test into `<folder>/out`, its cursor in `<folder>/store`. */
const folder = argv[2]!;
const journal = new MemoryJournal();
for (let segment = 0; segment < SEGMENTS; segment += 1) journal.add(killedEntries(segment));

const abort = new AbortController();
const shipper = createShipper({
  sink: new FileSink({ id: 'file', path: `${folder}/out`, log: silentLog }),
  source: { id: 'acme', userId: 'acme-corp' },
  journal,
  store: openDirectoryStore(`${folder}/store`),
  mapper: killedMapper,
  batch: { maxRecords: 7, maxBytes: 1_000_000, maxWaitMs: 10 },
  from: 'earliest',
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  metrics: new MemoryMetrics(),
});
const running = shipper.run(abort.signal);
await shipper.drained();
abort.abort();
await running;
