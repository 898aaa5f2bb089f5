import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const UNITS = join(import.meta.dirname, '..', '..', 'config', 'systemd');
const REQUIRED = process.env.REQUIRE_SYSTEMD === '1';
const SHOWN = REQUIRED || spawnSync('systemd-analyze', ['--version']).status === 0;
/** Of 10 (unsafe); what has a network cannot get to 0. */
const MOST_EXPOSED = 2;

const folder = mkdtempSync(join(tmpdir(), 'siem-export-systemd-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Copies of the units that name a program that there is. */
function units(): string[] {
  return readdirSync(UNITS)
    .filter((name) => /\.(service|timer)$/.test(name))
    .map((name) => {
      const text = readFileSync(join(UNITS, name), 'utf8');
      const path = join(folder, name);
      writeFileSync(path, text.replace('/usr/bin/clarifai-siem-export', process.execPath));
      return path;
    });
}

function settings(name: string): Map<string, string> {
  const lines = readFileSync(join(UNITS, name), 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) =>
      /^\w+=/.test(line) ? [[line.split('=', 1)[0]!, line.replace(/^\w+=/, '')]] : [],
    ),
  );
}

describe('systemd units', () => {
  it('do what they say: reload by SIGHUP, stop in time, start again only where that may help', () => {
    const unit = settings('clarifai-siem-export.service');
    expect(unit.get('ExecReload')).toContain('-HUP');
    expect(Number(unit.get('TimeoutStopSec'))).toBeGreaterThan(10);
    expect([unit.get('Restart'), unit.get('RestartPreventExitStatus')]).toEqual(['on-failure', '2 3 6']);
    expect(unit.get('User')).toBe('clarifai-siem-export');
    expect(readFileSync(join(UNITS, 'clarifai-siem-export.sysusers'), 'utf8')).toContain(
      'u clarifai-siem-export ',
    );
  });

  it('the nightly one is hardened as the other', () => {
    const hardening = (name: string): string =>
      readFileSync(join(UNITS, name), 'utf8')
        .split('# It needs its two folders')[1]!
        .split('\n[Install]')[0]!
        .trim();
    expect(hardening('clarifai-siem-export-once.service')).toBe(hardening('clarifai-siem-export.service'));
  });
});

describe.skipIf(!SHOWN)('systemd-analyze (skipped where it is not installed)', () => {
  it('finds the units right', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...units()], {
      env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning' },
    });
    const ours = String(stderr)
      .split('\n')
      .filter((line) => line.includes('clarifai'));
    expect([status, ours]).toEqual([0, []]);
  });

  it('finds a misspelt setting', () => {
    const path = join(folder, 'wrong.service');
    writeFileSync(path, readFileSync(units()[0]!, 'utf8').replace('NoNewPrivileges=', 'NoNewPrivilege='));
    expect(String(spawnSync('systemd-analyze', ['verify', '--man=no', path]).stderr)).toContain(
      'NoNewPrivilege',
    );
  });

  it('finds them little exposed', () => {
    for (const path of units().filter((name) => name.endsWith('.service'))) {
      const { stdout, stderr } = spawnSync('systemd-analyze', [
        'security',
        '--offline=true',
        '--no-pager',
        path,
      ]);
      const exposure = Number(/exposure level for .*: ([\d.]+)/.exec(String(stdout))?.[1]);
      expect(exposure, `${stdout}${stderr}`).toBeLessThanOrEqual(MOST_EXPOSED);
    }
  });
});
