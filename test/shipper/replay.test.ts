import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Span } from '../../src/event/span.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { DeadLetters } from '../../src/shipper/dead-letters.ts';
import { replay } from '../../src/shipper/replay.ts';
import { FileSink } from '../../src/sink/file.ts';
import type { WriteResult } from '../../src/sink/sink.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { tempFolder } from '../sink/temp-folder.ts';
import { MemoryJournal } from '../support/memory-journal.ts';
import { seededRandom } from '../support/stepping-clock.ts';
import { MemorySink, STORED } from './memory-sink.ts';
import { entries, entry, idOf, numbersOf, range, type Scene, scene as setScene } from './scenario.ts';

const scenes: Scene[] = [];

function scene(...args: Parameters<typeof setScene>): Scene {
  const made = setScene(...args);
  scenes.push(made);
  return made;
}

/** The span of entries `from` to `to` of the first day. */
function spanOf(from: number, to: number): Span {
  return { from: entry(from).at!, to: entry(to).at! };
}

function refusing(...numbers: number[]): MemorySink['behaviour'] {
  const bad = new Set(numbers.map(idOf));
  return ({ records }): WriteResult => ({
    retry: [],
    refused: records.flatMap(({ id }, index) => (bad.has(id) ? [{ index, reason: 'bad' }] : [])),
  });
}

async function cursorOf(store: MemoryStore): Promise<{ segment: number; line: number }> {
  const { segment, line } = JSON.parse((await store.get('acme/cursors/memory.json'))!.body.toString());
  return { segment, line };
}

describe('replay', () => {
  afterEach(async () => {
    for (const made of scenes.splice(0)) await made.stop();
  });

  it('sends what no longer fits a batch with the next one, while new entries are mapped meanwhile', async () => {
    const sink = new MemorySink();
    const { journal, start, shipper } = scene(sink, {
      batch: { maxRecords: 3, maxBytes: 100, maxWaitMs: 10 },
    });
    journal.add(entries(0, 6));
    start();
    await shipper.drained();
    sink.stored.length = 0;
    let next = 6;
    sink.behaviour = async () => {
      if (next < 9) journal.add([entry(next++)]);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      return STORED;
    };
    const report = await shipper.replay({ kind: 'span', span: spanOf(0, 6) });
    expect(report.sent).toBe(6);
    await shipper.drained();
    expect(numbersOf(sink.stored).sort((x, y) => x - y)).toEqual(range(0, 9));
  });

  it('sends the entries of a span again by event time, between batches, without moving the cursor', async () => {
    const sink = new MemorySink();
    const { journal, start, shipper, store } = scene(sink);
    journal.add(entries(0, 6));
    journal.add([...entries(6, 9), entry(20, undefined)]);
    start();
    await shipper.drained();
    const before = await cursorOf(store);
    sink.stored.length = 0;
    const report = await shipper.replay({ kind: 'span', span: spanOf(4, 8) });
    expect(report).toEqual({ sent: 4, refused: 0, unreadable: 0 });
    expect(numbersOf(sink.stored)).toEqual([4, 5, 6, 7]);
    expect(await cursorOf(store)).toEqual(before);
    expect(sink.batches.slice(-2).map(({ uncertain }) => uncertain)).toEqual([true, true]);
    expect(sink.opened).toHaveLength(1);
    journal.add(entries(9, 11));
    await shipper.drained();
    expect(numbersOf(sink.stored)).toEqual([4, 5, 6, 7, 9, 10]);
  });

  it('waits until all is delivered that the journal held at the start, for a sink must first find again what it has', async () => {
    const sink = new MemorySink({ idempotent: true });
    const { journal, start, shipper } = scene(sink);
    journal.add(entries(0, 7));
    const report = shipper.replay({ kind: 'span', span: spanOf(0, 2) });
    start();
    expect(await report).toMatchObject({ sent: 2 });
    expect(numbersOf(sink.stored)).toEqual([...range(0, 7), 0, 1]);
  });

  it('appends the lines of a replay to the files again, and goes on behind them', async () => {
    const folder = await tempFolder();
    const { journal, start, shipper } = scene(new FileSink({ id: 'file', path: folder, log: silentLog }));
    journal.add(entries(0, 4));
    start();
    await shipper.drained();
    await shipper.replay({ kind: 'span', span: spanOf(1, 3) });
    journal.add(entries(4, 5));
    await shipper.drained();
    const lines = (await readFile(join(folder, 'acme', '2026-01-01.ndjson'), 'utf8')).split('\n');
    expect(lines.slice(0, -1).map((line) => JSON.parse(line).req_id)).toEqual(
      [0, 1, 2, 3, 1, 2, 4].map((n) => `r${n}`),
    );
  });

  it('refuses a span that retention has touched, and sends nothing of it', async () => {
    const sink = new MemorySink();
    const { journal, start, shipper } = scene(sink);
    journal.add(entries(0, 3));
    journal.add(entries(3, 6));
    start();
    await shipper.drained();
    journal.trim(2, [spanOf(0, 3)]);
    sink.stored.length = 0;
    await expect(shipper.replay({ kind: 'span', span: spanOf(2, 5) })).rejects.toMatchObject({
      code: 'journal.trimmed',
    });
    expect(sink.stored).toEqual([]);
    expect(await shipper.replay({ kind: 'span', span: spanOf(3, 5) })).toMatchObject({ sent: 2 });
  });

  it('sends dead letters again and removes those that were taken; a damaged one stops no other', async () => {
    const sink = new MemorySink({ behaviour: refusing(1, 2, 4) });
    const { journal, start, shipper, store, log } = scene(sink);
    journal.add(entries(0, 6));
    start();
    await shipper.drained();
    await store.putIfAbsent(
      'deadletters/memory/acme/00000000000000aa-000000000000-000000.json',
      Buffer.from('{"id'),
    );
    sink.behaviour = refusing(2);
    sink.stored.length = 0;
    expect(await shipper.replay({ kind: 'dead_letters' })).toEqual({ sent: 2, refused: 1, unreadable: 1 });
    expect(numbersOf(sink.stored)).toEqual([1, 4]);
    expect((await store.list('deadletters/')).map((key) => key.slice(-24))).toEqual([
      '000000000000-000000.json',
      '000000000001-000002.json',
    ]);
    expect(shipper.status().deadLetters).toBe(1);
    expect(log.of('error')).toContain('a dead letter cannot be read; the others are sent');
  });

  it('maps a dead letter anew where the journal holds its entry, else sends the line that was refused', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    journal.add([entry(7)]);
    const letters = new DeadLetters(store, 'memory', 'acme');
    const at = '2026-01-01T00:00:00.000Z';
    const old = { line: 'old', date: undefined };
    await letters.put(
      { ...old, id: idOf(7), position: { segment: 1, line: 0 } },
      { id: 'acme', chainId: '00000000000000aa' },
      'r',
      at,
    );
    await letters.put(
      { ...old, id: idOf(8), position: { segment: 1, line: 0 } },
      { id: 'acme', chainId: '00000000000000ff' },
      'r',
      at,
    );
    const lines: string[] = [];
    const sink = new MemorySink();
    sink.behaviour = ({ records }) => {
      lines.push(...records.map(({ line }) => line));
      return STORED;
    };
    const { options } = scene(sink, { store, journal, from: 'now' });
    const report = await replay({ kind: 'dead_letters' }, options, new AbortController().signal);
    expect(report.sent).toBe(2);
    expect(lines.sort()).toEqual(['old', entry(7).bytes.toString()].sort());
  });

  it('works without a running shipper, which then goes on where it was', async () => {
    const store = new MemoryStore();
    const journal = new MemoryJournal();
    journal.add(entries(0, 6));
    const before = scene(new MemorySink(), { store, journal });
    before.start();
    await before.shipper.drained();
    await before.stop();
    const alone = new MemorySink();
    const signal = new AbortController().signal;
    const report = await replay(
      { kind: 'span', span: spanOf(0, 2) },
      { ...before.options, sink: alone },
      signal,
    );
    expect(report.sent).toBe(2);
    expect(alone.closes).toBe(1);
    journal.add(entries(6, 7));
    const sink = new MemorySink();
    const after = scene(sink, { store, journal, random: seededRandom(3) });
    after.start();
    await after.shipper.drained();
    expect(numbersOf(sink.stored)).toEqual([6]);
  });

  it('rejects when the shipper is told to stop in the middle', async () => {
    const sink = new MemorySink();
    const { journal, start, shipper, stop } = scene(sink);
    journal.add(entries(0, 6));
    start();
    await shipper.drained();
    const entered = Promise.withResolvers<void>();
    sink.behaviour = async () => {
      entered.resolve();
      throw new ConnectorError('down', { code: 'sink.io', retryable: true });
    };
    const ended = expect(shipper.replay({ kind: 'span', span: spanOf(0, 3) })).rejects.toMatchObject({
      code: 'shipper.ended',
    });
    await entered.promise;
    await stop();
    await ended;
  });

  it('keeps the dead letter of a record that a replay is refused', async () => {
    const sink = new MemorySink();
    const { journal, start, shipper, store } = scene(sink);
    journal.add(entries(0, 3));
    start();
    await shipper.drained();
    sink.behaviour = refusing(1);
    expect(await shipper.replay({ kind: 'span', span: spanOf(0, 3) })).toEqual({
      sent: 2,
      refused: 1,
      unreadable: 0,
    });
    expect(await store.list('deadletters/')).toHaveLength(1);
    expect(numbersOf(sink.stored)).toEqual([...range(0, 3), 0, 2]);
  });
});
