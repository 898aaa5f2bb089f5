import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prng } from '../support/prng.ts';
import { dieAt, live, type Saved } from './crashing-process.ts';
import { FaultyFileSystem } from './faulty-file-system.ts';
import { PowerLossFileSystem } from './power-loss-file-system.ts';
import { SOURCE } from './records.ts';
import { tempFolder } from './temp-folder.ts';

/** All files of the source by name. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const at = join(folder, SOURCE.id);
  const names = await readdir(at).catch(() => []);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(at, name), 'utf8')])),
  );
}

describe('file sink across crashes', () => {
  for (const done of ['nothing', 'half', 'all'] as const) {
    it(`fault 77: dies at every call in turn (${done} of it done), and once more after the restart: no line is missing, twice or ever taken back`, async () => {
      const whole = await tempFolder();
      const steps = new FaultyFileSystem();
      expect(await live(whole, { next: 0, state: undefined }, 3, steps)).toBe(true);
      const expected = await filesIn(whole);
      expect(Object.keys(expected).sort()).toEqual(
        ['2026-01-01', '2026-01-02', '2026-01-03', 'undated'].map((name) => `${name}.ndjson`),
      );

      for (let k = 1; k <= steps.calls.length; k += 1) {
        const folder = await tempFolder();
        const saved: Saved = { next: 0, state: undefined };
        expect(await live(folder, saved, 3, new FaultyFileSystem(dieAt(k, done)))).toBe(false);
        await expectPrefixes(folder, expected, k);
        const second = new FaultyFileSystem(dieAt(1 + ((k * 13) % 31), done));
        const lived = await live(folder, saved, 2, second);
        await expectPrefixes(folder, expected, k);
        if (!lived) expect(await live(folder, saved, 5, new FaultyFileSystem())).toBe(true);
        expect(await filesIn(folder), `died at call ${k}`).toEqual(expected);
      }
    });
  }

  it('fault 77: loses power at every call in turn, with whatever was not synced: no line is missing or twice', async () => {
    const random = prng(7);
    const steps = new FaultyFileSystem(undefined, new PowerLossFileSystem());
    const saved: Saved = { next: 0, state: undefined };
    expect(await live('/logs', saved, 3, steps)).toBe(true);
    const whole = new PowerLossFileSystem();
    await live('/logs', { next: 0, state: undefined }, 3, new FaultyFileSystem(undefined, whole));
    const expected = whole.texts();
    expect(expected.size).toBe(4);

    for (let round = 0; round < 20; round += 1) {
      for (let k = 1; k <= steps.calls.length; k += 1) {
        const disk = new PowerLossFileSystem();
        const saved: Saved = { next: 0, state: undefined };
        expect(await live('/logs', saved, 3, new FaultyFileSystem(dieAt(k, 'half'), disk))).toBe(false);
        disk.losePower(random);
        const again = dieAt(1 + Math.floor(random() * 40), 'half');
        const lived = await live('/logs', saved, 2, new FaultyFileSystem(again, disk));
        disk.losePower(random);
        if (!lived) expect(await live('/logs', saved, 4, new FaultyFileSystem(undefined, disk))).toBe(true);
        disk.losePower(random);
        expect(disk.texts(), `lost power at call ${k} of round ${round}`).toEqual(expected);
      }
    }
  });
});

/** A forwarder may have read what is there: it must stay as it is, so it must be the beginning of what is due. */
async function expectPrefixes(folder: string, expected: Record<string, string>, k: number): Promise<void> {
  for (const [name, text] of Object.entries(await filesIn(folder))) {
    // A torn line may end inside a character, which reads as U+FFFD.
    expect(expected[name]?.startsWith(text.replace(/\uFFFD$/, '')), `${name} after dying at call ${k}`).toBe(
      true,
    );
  }
}
