import { defineConfig } from 'vitest/config'

/** Each of these starts whole servers, upstream's with all its modules among them, or sets limits against the clock. */
const ALONE = ['test/{bench,compat,conformance,hostile,python_cli}/**/*.test.ts']

export default defineConfig({
  test: {
    // Processes, not threads: tests start servers, count descriptors and send signals.
    pool: 'forks',
    // Liveness bounds, for a machine that does other things as well.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'parts', include: ['test/**/*.test.ts'], exclude: ALONE, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      { extends: true, test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
