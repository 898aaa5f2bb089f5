import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** What the JSON reporter writes, as far as it is used here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string }[] }[];
}

/** A test file as others write it: a server that is there, and one that is not. */
const FIXTURE = `
import { expect, it } from 'vitest';
import { Unavailable } from '${join(ROOT, 'test/servers/cache.ts')}';
import { describeWith } from '${join(ROOT, 'test/servers/require.ts')}';

const missing = async () => { throw new Unavailable('no go command on this machine\\nmore of it'); };
await describeWith('here', [async () => {}], () => { it('runs', () => {}); });
await describeWith('gone', [async () => {}, missing], () => { it('is not run', () => expect.fail('run')); });
`;

describe('describeWith', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'require-test-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'fixture.ts'), FIXTURE);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(required: string): { status: number | null; report: Report; names: string[] } {
    const json = join(folder, 'report.json');
    const config = join(folder, 'vitest.config.mjs');
    const test = { include: ['fixture.ts'], exclude: [], reporters: [['json', { outputFile: json }]] };
    writeFileSync(config, `export default ${JSON.stringify({ root: folder, test })};`);
    const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
    const env = { ...process.env, REQUIRE_SERVERS: required, VITEST: undefined };
    const ended = spawnSync(process.execPath, [vitest, 'run', '--config', config], { cwd: folder, env });
    const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
    const names = report.testResults.flatMap((file) => file.assertionResults.map((test) => test.fullName));
    return { status: ended.status, report, names };
  }

  it('skips a suite whose server cannot be had, and says why in its name', () => {
    const { status, report, names } = run('');
    expect(status).toBe(0);
    expect(report).toMatchObject({ numPassedTests: 1, numFailedTests: 0, numPendingTests: 1 });
    expect(names).toContain('gone (skipped: no go command on this machine) is not run');
  });

  it('fails it with REQUIRE_SERVERS=1', () => {
    const { status, report, names } = run('1');
    expect(status).toBe(1);
    expect(report).toMatchObject({ numPassedTests: 1, numFailedTests: 1, numPendingTests: 0 });
    expect(names).toEqual(['here runs', 'gone has the servers that it needs']);
  });
});
