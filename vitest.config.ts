import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { LongFirst } from './test/setup/order.ts'
import { namedForks } from './test/setup/pool.ts'

// Tests import compiled code (dist), the same bytes that the CLI, the benches and the workers run.
const shared = {
  pool: namedForks,
  server: { deps: { external: [/\/dist\//] } },
  setupFiles: ['test/setup/watchdog.ts', 'test/setup/coverage.ts'],
  teardownTimeout: 5_000,
} satisfies ViteUserConfig['test']

/** Folders whose tests leave nothing behind in their process, so that one runs many of their files: a process costs more than most of them. */
const TOGETHER = ['contract', 'debug', 'drivers', 'kernel', 'mdev', 'mem', 'style', 'sync', 'vfio'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)

export default defineConfig({
  server: { watch: { ignored: ['**/dist/**', '**/dist.*/**'] } },
  test: {
    globalSetup: ['test/setup/build.ts'],
    sequence: { sequencer: LongFirst },
    // What tests import is compiled: watch mode must be told of the sources.
    forceRerunTriggers: ['src', 'workers', 'bench', 'test/bodies'].map(
      (folder) => `${import.meta.dirname}/${folder}/**/*.ts`,
    ),
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/checked/**', 'test/stress/**', ...TOGETHER],
          testTimeout: 90_000,
          // Most of the time a test waits for a program that it has started, and that often waits, too.
          maxWorkers: 3,
        },
      },
      {
        test: {
          ...shared,
          name: 'together',
          include: TOGETHER,
          testTimeout: 90_000,
          isolate: false,
          maxWorkers: 3,
        },
      },
      {
        test: {
          ...shared,
          name: 'checked',
          include: ['test/checked/**/*.test.ts'],
          execArgv: ['--conditions=checked'],
          testTimeout: 90_000,
          // Most of them explore, on one thread and within a number of executions, not a time.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'stress',
          include: ['test/stress/**/*.test.ts'],
          testTimeout: 300_000,
          // They wait much: for vendors that sleep, for a time that a run has.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
