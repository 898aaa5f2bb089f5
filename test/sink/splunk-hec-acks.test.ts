import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { SplunkHecSinkConfig } from '../../src/config/types.ts';
import type { OutRecord, SinkWriter, WriteResult } from '../../src/sink/sink.ts';
import type { SplunkHecSink } from '../../src/sink/splunk-hec.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HecServer } from '../support/hec-server.ts';
import { envelopes, hecSink } from './hec-records.ts';
import { batchOf, KeptContext, NEVER } from './records.ts';

let hec: HecServer;
let clock: FakeClock;
let sink: SplunkHecSink;
let writer: SinkWriter;

async function open(change: Partial<SplunkHecSinkConfig> = {}): Promise<void> {
  sink = await hecSink(hec, { acknowledge: true, ...change }, { clock });
  onTestFinished(() => sink.close());
  writer = await sink.open(new KeptContext());
}

beforeEach(async () => {
  hec = await HecServer.start();
  onTestFinished(() => hec.close());
  hec.behaviour.acknowledges = true;
  clock = new FakeClock();
  await open();
});

const write = (list: readonly OutRecord[]) => writer.write(batchOf(list), NEVER);
const polls = () => hec.requests.filter(({ path }) => path.endsWith('/ack'));
const idsOf = (list: readonly OutRecord[]) => list.map(({ id }) => id);

/** Lets time pass, look by look, until `written` has its result. Returns it, and the waits between the looks. */
async function passing(written: Promise<WriteResult>): Promise<{ result: WriteResult; waits: number[] }> {
  const waits: number[] = [];
  let result: WriteResult | undefined;
  const done = written.then((value) => {
    result = value;
  });
  while (result === undefined) {
    await expect.poll(() => result !== undefined || clock.sleeping > 0).toBe(true);
    const waitMs = clock.nextSleepMs;
    if (waitMs === undefined) continue;
    waits.push(waitMs);
    const before = polls().length;
    await clock.advance(waitMs);
    await expect.poll(() => result !== undefined || clock.sleeping > 0 || polls().length > before).toBe(true);
  }
  await done;
  return { result, waits };
}

describe('splunk_hec: acknowledgement', () => {
  it('a batch is stored when Splunk says that it is indexed, and looked for less and less often', async () => {
    let looks = 0;
    hec.behaviour.indexed = () => ++looks > 6;
    const { result, waits } = await passing(write(envelopes(0, 3)));
    expect(result).toEqual({ retry: [], refused: [] });
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);
    expect(hec.ids).toEqual(idsOf(envelopes(0, 3)));
  });

  it('what is confirmed is remembered, since Splunk tells it once, and only the rest is asked for', async () => {
    await open({ maxRequestBytes: 1_000 });
    const list = envelopes(0, 20);
    hec.behaviour.indexed = (request) => request < 2 || clock.monotonicMs() > 5_000;
    const { result } = await passing(write(list));
    expect(result).toEqual({ retry: [], refused: [] });
    expect(hec.ids).toEqual(idsOf(list));
    const asked = polls().map(({ bytes }) => bytes);
    // The first asks whether the token acknowledges at all.
    expect(asked.length).toBeGreaterThan(3);
    expect(asked[2]!).toBeLessThan(asked[1]!);
  });

  it('fault 72: what is not acknowledged in time is sent again, what is acknowledged is not', async () => {
    await open({ maxRequestBytes: 1_000, acknowledgeTimeoutMs: 60_000 });
    const list = envelopes(0, 12);
    hec.behaviour.indexed = (request) => request !== 1;
    const { result, waits } = await passing(write(list));
    expect(waits.reduce((a, b) => a + b)).toBe(60_000);
    const second = hec.requests.filter(({ path }) => path.endsWith('/event'))[1]!;
    expect(result.retry.length).toBe(second.events);
    expect(result.retryReason).toContain('did not acknowledge them in 60 s');
    hec.behaviour.indexed = () => true;
    const again = result.retry.map((index) => list[index]!);
    expect((await passing(write(again))).result).toEqual({ retry: [], refused: [] });
    expect(hec.ids).toEqual([...idsOf(list), ...idsOf(again)]);
  });

  it('a write is given more time than its acknowledgement may take', async () => {
    await open({ acknowledgeTimeoutMs: 3_600_000 });
    expect(sink.writeTimeoutMs).toBeGreaterThan(3_600_000 + 120_000);
  });

  it('writes that run side by side have channels of their own, which are used again', async () => {
    await Promise.all([0, 1, 2].map((n) => passing(write(envelopes(n, n + 1)))));
    await passing(write(envelopes(3, 4)));
    const channels = hec.requests.map(({ channel }) => channel);
    expect(new Set(channels).size).toBe(3);
    expect(new Set(hec.ids).size).toBe(4);
  });

  it('a restart of Splunk confirms nothing by its new numbers: what it had not confirmed is sent again', async () => {
    await open({ maxRequestBytes: 400, acknowledgeTimeoutMs: 30_000 });
    const list = envelopes(0, 2);
    hec.behaviour.judge = ({ fields }) => {
      if (fields.event_id === list[1]!.id) hec.restart();
      return 0;
    };
    const { result } = await passing(write(list));
    expect(hec.requests.filter(({ path }) => path.endsWith('/event')).length).toBe(2);
    expect(result.retry).toEqual([0]);
  });

  it('a look that fails is made again', async () => {
    await passing(write(envelopes(0, 1)));
    hec.behaviour.failingAcks = 2;
    const { result, waits } = await passing(write(envelopes(1, 4)));
    expect(result).toEqual({ retry: [], refused: [] });
    expect(waits).toEqual([1_000, 2_000, 4_000]);
  });

  it('a look that is refused ends the wait, and says why', async () => {
    const written = write(envelopes(0, 3));
    await expect.poll(() => clock.sleeping).toBe(1);
    hec.behaviour.token = 'changed for a while';
    await clock.advance(1_000);
    const { result } = await passing(written);
    expect(result.retry).toEqual([0, 1, 2]);
    expect(result.retryReason).toContain('Invalid token');
  });

  it('a token without acknowledgement gets no event, and the operator is told what to turn on', async () => {
    hec.behaviour.acknowledges = false;
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(write(envelopes(0, 3))).rejects.toMatchObject({
        code: 'sink.refused',
        retryable: false,
        message: expect.stringContaining('turn on acknowledgement for the token'),
      });
    }
    expect(hec.held).toEqual([]);
  });

  it('acknowledgement that is turned off later costs one batch sent twice, not one a try', async () => {
    await passing(write(envelopes(0, 1)));
    hec.behaviour.acknowledges = false;
    await expect(write(envelopes(1, 3))).rejects.toMatchObject({ code: 'sink.refused' });
    await expect(write(envelopes(1, 3))).rejects.toMatchObject({ code: 'sink.refused' });
    expect(hec.ids.length).toBe(3);
  });
});
