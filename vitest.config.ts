import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes, not threads: tests start servers, count descriptors and send signals.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
