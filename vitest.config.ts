import { defineConfig } from 'vitest/config'

/** What sets limits against the clock, or counts the processes and the memory of the machine. */
const ALONE = ['test/{bench,conformance,hostile}/**/*.test.ts']

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
