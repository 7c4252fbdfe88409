import { defineConfig } from 'vitest/config'

// Tests run compiled, from dist, as the engine does: no loader between a measurement or a worker thread and its code.
// Many start engines, ClickHouse and browsers of their own, each with threads: two files at a time, each in a process of its own.
export default defineConfig({
  test: {
    include: ['dist/test/**/*.test.js'],
    pool: 'forks',
    maxWorkers: 2,
    // The longest single steps are a first ClickHouse start and a browser's, seconds each on a small machine; a test that needs
    // more says so itself. These bounds only keep a hang from being endless.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    teardownTimeout: 15_000,
    reporters: ['default', './dist/test/parts/reporter.js'],
  },
})
