import { describe, it } from 'vitest';
import { Unavailable } from './cache.ts';

/** Makes sure that a server can be started: `fetchMinio`, say. Rejects with `Unavailable` when it cannot be had. */
export type Need = () => Promise<unknown>;

/**
 * `describe` for tests that need real servers, which are fetched first when they are not there. To be awaited at the
 * top of a test file. When a server cannot be had, the tests are skipped and the name of the suite says why; with
 * `REQUIRE_SERVERS=1` the suite fails. Any other error of a need is thrown.
 */
export async function describeWith(name: string, needs: readonly Need[], body: () => void): Promise<void> {
  const missing = await firstMissing(needs);
  if (missing === undefined) {
    describe(name, body);
  } else if (process.env.REQUIRE_SERVERS === '1') {
    describe(name, () => {
      it('has the servers that it needs', () => {
        throw missing;
      });
    });
  } else {
    describe.skip(`${name} (skipped: ${missing.message.split('\n')[0]})`, body);
  }
}

async function firstMissing(needs: readonly Need[]): Promise<Unavailable | undefined> {
  try {
    for (const need of needs) await need();
    return undefined;
  } catch (error) {
    if (error instanceof Unavailable) return error;
    throw error;
  }
}
