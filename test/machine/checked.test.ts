/**
 * Workers that do not run the checked build are refused, with one line: where a runtime ignores execArgv, and on Node by a preloaded
 * module that takes it away.
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isChecked } from '#lockstorm/machine/checked'
import { withoutSigns } from '../setup/cli.ts'

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
const SHORT = ['--cpus', '2', '--vendor', 'none', '--rounds', '2', '--warmup', '1']
/** What Deno and Bun do. */
const IGNORE = `data:text/javascript,${encodeURIComponent(`
import threads from 'node:worker_threads'
import { syncBuiltinESMExports } from 'node:module'
const { Worker } = threads
threads.Worker = class extends Worker {
  constructor(file, options) {
    super(file, { ...options, execArgv: process.execArgv.filter((arg) => arg.startsWith('--conditions')) })
  }
}
syncBuiltinESMExports()`)}`

const run = (file: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync(file, args, { encoding: 'utf8' })
const ignoring = (...args: string[]): ReturnType<typeof run> =>
  run(process.execPath, '--import', IGNORE, main, ...args)

test('a worker with the condition runs the checked build, and one without does not', async () => {
  expect(await isChecked(true)).toBe(true)
  expect(await isChecked(false)).toBe(false)
})

test.each([
  ['explore', 'abba'],
  ['explore', 'witness', 'abba'],
  ['scenario', 'problem-1', '--strategy', 'global'],
])('where workers do not get it, %s is refused with one line', (...args) => {
  const { status, stdout, stderr } = ignoring(...args)
  expect(withoutSigns(stderr)).toMatch(
    /^lockstorm: this needs workers of the checked build[^\n]*--conditions=checked[^\n]*\n$/,
  )
  expect(stdout).not.toMatch(/exhausted|does not|happens/)
  expect(status).toBe(2)
})

test('and it is right where the whole process has the condition', () => {
  const { status, stdout } = run(
    process.execPath,
    '--conditions=checked',
    '--import',
    IGNORE,
    main,
    'explore',
    'abba',
  )
  expect(stdout).toContain('as expected')
  expect(status).toBe(0)
})

describe.each([
  ['bun', [], ['--conditions=checked']],
  ['deno', ['run', '-A'], ['run', '-A', '--conditions=checked']],
] as const)('%s', (runtime, plain, checked) => {
  const absent = spawnSync(runtime, ['--version']).status !== 0

  test.skipIf(absent)(
    'is refused (skipped where it is not installed), and right with the condition',
    () => {
      const refused = run(runtime, ...plain, main, 'explore', 'abba')
      expect([refused.status, withoutSigns(refused.stderr).split('\n').length]).toEqual([2, 2])
      expect(run(runtime, ...checked, main, 'explore', 'abba').status).toBe(0)
    },
    90_000,
  )

  test.skipIf(absent)(
    'a storm under detectors too, and one of a workload of the user is right as it is',
    () => {
      const watched = [main, 'storm', '--strategies', 'rwsem', ...SHORT, '--lockdep']
      const refused = run(runtime, ...plain, ...watched)
      expect([refused.status, withoutSigns(refused.stderr).split('\n').length]).toEqual([2, 2])
      expect(run(runtime, ...checked, ...watched).status).toBe(0)
      const own = ['storm', '--workload', 'examples/workload.js', '--cpus', '2', '--duration', '100ms']
      expect(run(runtime, ...plain, main, ...own).status).toBe(0)
    },
    180_000,
  )
})
