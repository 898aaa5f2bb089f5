import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileSinkConfig, StdoutSinkConfig } from '../../src/config/types.ts';
import { FileSink } from '../../src/sink/file.ts';
import { createSink } from '../../src/sink/registry.ts';
import { sinkDeps } from './deps.ts';
import { batchOf, KeptContext, linesOf, NEVER, records } from './records.ts';
import { tempFolder } from './temp-folder.ts';

const COMMON = {
  sources: ['acme'],
  from: 'earliest',
  format: 'raw',
  records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
  batch: { maxRecords: 10, maxBytes: 1_000, maxWaitMs: 10 },
} as const;

describe('sink registry', () => {
  it('makes a file sink of a config, and touches nothing yet', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'not', 'yet');
    const config: FileSinkConfig = { ...COMMON, id: 'archive', type: 'file', path };
    const sink = await createSink(config, sinkDeps());
    expect(sink).toBeInstanceOf(FileSink);
    expect(sink.id).toBe('archive');
    await sink.check(NEVER);
    expect(await readdir(folder)).toEqual([]);
  });

  it('hands the output that it got to a stdout sink', async () => {
    let text = '';
    const stdout = {
      write: async (chunk: string) => {
        text += chunk;
      },
    };
    const config: StdoutSinkConfig = { ...COMMON, id: 'console', type: 'stdout' };
    const sink = await createSink(config, { ...sinkDeps(), stdout });
    const writer = await sink.open(new KeptContext());
    await writer.write(batchOf(records(0, 2)), NEVER);
    expect(text.split('\n')).toEqual([...linesOf(records(0, 2)), '']);
  });
});
