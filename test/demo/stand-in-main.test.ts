import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';

const PROGRAM = join(import.meta.dirname, '..', '..', 'src', 'demo', 'stand-in-main.ts');

type Child = ChildProcessWithoutNullStreams;
const children: Child[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(args: readonly string[]): Child {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...args]);
  children.push(child);
  return child;
}

async function about(child: Child): Promise<Record<'url' | 'userId' | 'pat' | 'from' | 'to', string>> {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return JSON.parse(line);
}

describe('stand-in-main', () => {
  it('tells where it listens, serves what it was asked for, and ends on SIGTERM', async () => {
    const child = start(['--entries', '300', '--days', '2']);
    const { url, userId, pat, from, to } = await about(child);
    expect(Date.parse(to) - Date.parse(from)).toBe(2 * 86_400_000);
    const response = await fetch(`${url}/v2/users/${userId}/audit_log/searches`, {
      method: 'POST',
      headers: { authorization: `Key ${pat}`, 'content-type': 'application/json' },
      body: '{"pagination":{"per_page":1000}}',
    });
    const { entries } = (await response.json()) as { entries: unknown[] };
    expect(entries).toHaveLength(300);
    const stats = await (await fetch(`${url}/_stats`)).json();
    expect(stats).toMatchObject({ total: 1, entries: 300, mostPerSecond: 1 });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('ends with its parent when asked to', async () => {
    const child = start(['--entries', '1', '--with-parent']);
    await about(child);
    const ended = once(child, 'exit');
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it('refuses a number that is none', async () => {
    const child = start(['--entries', 'many']);
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(told).toContain('--entries is "many"');
  });
});
