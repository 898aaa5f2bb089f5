import { expect, it } from 'vitest';
import { keepSmall } from '../../src/connector/keep-small.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Lets `cpuSeconds` pass between looks, and tells after which looks memory was given back. */
async function compactions(cpuSeconds: readonly number[]): Promise<number[]> {
  const clock = new FakeClock();
  const stop = new AbortController();
  const [given, shrunk]: number[][] = [[], []];
  let [used, look] = [0.4, 0];
  const host = {
    usage: () => ({ residentBytes: 0, cpuSeconds: used }),
    compact: () => void given!.push(look),
  };
  const running = keepSmall({ clock, host, shrink: () => void shrunk!.push(look) }, stop.signal);
  for (const seconds of cpuSeconds) {
    look += 1;
    used += seconds;
    await clock.advance(15_000);
  }
  stop.abort();
  await running;
  expect(shrunk).toEqual(given);
  return given!;
}

it('gives memory back at the first rest after work, and not again before there was work', async () => {
  expect(await compactions([14, 9, 0.01, 0.01, 0.02, 0.01])).toEqual([3]);
  expect(await compactions([0.3, 0.01, 0.01, 8, 0.01, 0.01])).toEqual([2, 5]);
});

it('does so now and then while it idles, for what idling leaves', async () => {
  expect(await compactions([1, ...Array.from({ length: 20 }, () => 0.06)])).toEqual([2, 11, 20]);
});

it('does nothing where the machine does not say what is used', async () => {
  const { signal } = new AbortController();
  await keepSmall({ clock: new FakeClock(), host: {}, shrink: () => {} }, signal);
});
