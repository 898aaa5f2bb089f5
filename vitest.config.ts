import { configDefaults, defineConfig } from 'vitest/config';

const report = process.env.TEST_REPORT;
// They take minutes, and need what is built: `.ci/long-tests`.
const long = process.env.LONG_TESTS === undefined ? ['test/e2e/memory.test.ts'] : [];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need more than Node: vitest.servers.config.ts.
    exclude: [...configDefaults.exclude, 'test/{servers,image,kubernetes}/**', ...long],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
});
