import { type KnownServer, SERVERS } from './all.ts';
import { cacheFolder, Unavailable } from './cache.ts';

/** Fetches them one after the other, and prints the outcome of each. Resolves with how many cannot be had. */
async function fetchInTurn(servers: readonly KnownServer[]): Promise<number> {
  let missing = 0;
  for (const { name, fetch } of servers) {
    const began = performance.now();
    let outcome = 'ready';
    try {
      await fetch();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      missing++;
      outcome = `cannot be had: ${error.message}`;
    }
    console.log(`${name}: ${outcome} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }
  return missing;
}

console.log(`test servers are kept in ${cacheFolder()}`);
// One Go build keeps two cores busy, and Maven's local repository is for one Maven at a time.
const missing = await Promise.all(
  (['go', 'maven'] as const).map((by) => fetchInTurn(SERVERS.filter((server) => server.by === by))),
);
process.exitCode = missing.some((count) => count > 0) ? 1 : 0;
