import { cacheFolder, Unavailable } from './cache.ts';
import type { Need } from './require.ts';
import { fetchMinio, fetchVersityGw } from './s3.ts';
import {
  ELASTICSEARCH_VERSIONS,
  fetchElasticsearch,
  fetchOpenSearch,
  OPENSEARCH_VERSIONS,
} from './search.ts';
import { fetchToxiproxy } from './toxiproxy.ts';

/** What Go compiles: one alone keeps two cores busy. */
const BUILT: Readonly<Record<string, Need>> = {
  toxiproxy: fetchToxiproxy,
  versitygw: fetchVersityGw,
  minio: fetchMinio,
};

/** What Maven downloads: its local repository is for one Maven at a time. */
const DOWNLOADED: Readonly<Record<string, Need>> = Object.fromEntries([
  ...ELASTICSEARCH_VERSIONS.map((version) => [`elasticsearch ${version}`, () => fetchElasticsearch(version)]),
  ...OPENSEARCH_VERSIONS.map((version) => [`opensearch ${version}`, () => fetchOpenSearch(version)]),
]);

/** Fetches them one after the other. Resolves with how many cannot be had. */
async function fetchAll(needs: Readonly<Record<string, Need>>): Promise<number> {
  let missing = 0;
  for (const [name, need] of Object.entries(needs)) {
    const began = performance.now();
    const outcome = await need().then(
      () => 'ready',
      (error: unknown) => {
        missing++;
        if (!(error instanceof Unavailable)) throw error;
        return `cannot be had: ${error.message}`;
      },
    );
    console.log(`${name}: ${outcome} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }
  return missing;
}

console.log(`test servers are kept in ${cacheFolder()}`);
const missing = await Promise.all([fetchAll(BUILT), fetchAll(DOWNLOADED)]);
process.exitCode = missing.some((count) => count > 0) ? 1 : 0;
