import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TIME = join(import.meta.dirname, '..', '..', 'src', 'record', 'time.ts');
const START = join(import.meta.dirname, '..', '..', 'src', 'connector', 'open.ts');

/** Both changes of New York's clocks in 2026, from an hour before to an hour after, and what a day ago was then. */
const PROGRAM = `
  const { recordTime, eventDate } = await import(${JSON.stringify(TIME)});
  const { resolveStart } = await import(${JSON.stringify(START)});
  const out = [];
  for (const change of [Date.UTC(2026, 2, 8, 7), Date.UTC(2026, 10, 1, 6)]) {
    for (let minute = -60; minute <= 60; minute += 30) {
      const at = new Date(change + minute * 60000).toISOString();
      out.push(at, recordTime(at, '2027-01-01T00:00:00Z').stamp, eventDate(at));
      out.push(String(resolveStart({ kind: 'ago', ms: 86400000 }, Date.parse(at))));
    }
  }
  console.log(out.join('\\n'));
`;

function timesIn(zone: string): string {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    env: { ...process.env, TZ: zone },
    encoding: 'utf8',
  });
  expect(stderr).not.toContain('Error');
  return stdout;
}

describe('time zone', () => {
  it('fault 24: changes of daylight saving time change nothing', () => {
    const there = timesIn('America/New_York');
    expect(there.split('\n').length).toBeGreaterThan(20);
    expect(there).toBe(timesIn('UTC'));
  });
});
