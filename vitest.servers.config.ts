import { configDefaults, defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The tests that need real servers, containers or tools that are fetched: one file at a time, since each server wants the machine for itself. */
export default defineConfig({
  test: {
    ...base.test,
    include: ['test/{servers,image,kubernetes}/**/*.test.ts'],
    exclude: configDefaults.exclude,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
