import { expect, it } from 'vitest';
import type { Host } from '../../src/cli/host.ts';
import { runCommandLine } from '../../src/cli/program.ts';

function hostOf(writeOut: Host['writeOut'], told: string[]): Host {
  return {
    env: {},
    stdin: [] as never,
    writeOut,
    writeErr: (text) => void told.push(text),
    isTerminal: false,
    columns: 80,
    usage: () => ({ residentBytes: 0, cpuSeconds: 0 }),
    stopping: new AbortController().signal,
    onReload: () => () => {},
  };
}

it.each(['--help', '--version'])('%s into a program that has seen enough ends quietly', async (flag) => {
  const told: string[] = [];
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  expect(
    await runCommandLine(
      [flag],
      hostOf(() => Promise.reject(closed), told),
    ),
  ).toBe(0);
  expect(told).toEqual([]);
});

it('help that cannot be written is told', async () => {
  const told: string[] = [];
  const full = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
  expect(
    await runCommandLine(
      ['--help'],
      hostOf(() => Promise.reject(full), told),
    ),
  ).toBe(1);
  expect(told.join('')).toContain('ENOSPC');
});
