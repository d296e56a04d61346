/** A file whose process ends in the middle fails the run, and is named with how it ended. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { LONG } from '../setup/order.ts'

const CONFIG = 'test/tools/dies/vitest.config.ts'

function run(...words: string[]): { status: number | null; text: string } {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', CONFIG, ...words]
  const { VITEST: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: resolve(import.meta.dirname, '../..'),
    env,
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr }
}

test.each([
  ['killed', 'SIGKILL'],
  ['exits', 'exit code 0'],
])('%s: the run fails and names the file', (file, how) => {
  const { status, text } = run(file)
  expect(text).toContain(`${file}.case.ts: its process ended before its tests, with ${how}`)
  expect(status).toBe(1)
})

test('where a process runs many files, all of them are named, and the run fails', () => {
  const { status, text } = run('--no-isolate', '--maxWorkers', '1')
  expect(text).toMatch(/exits\.case\.ts.*: its process ended before its tests, with /)
  expect(text).toMatch(/alive\.case\.ts.*: its process ended before its tests, with /)
  expect(text).not.toContain("Unhandled 'error' event")
  expect(status).toBe(1)
})

test('a file whose process goes on to the end is not named', () => {
  const { status, text } = run('alive')
  expect(text).not.toContain('its process ended')
  expect(status).toBe(0)
})

test('files that run first are there', () => {
  const file = (name: string): string => resolve(import.meta.dirname, '..', `${name}.test.ts`)
  expect(LONG.filter((name) => !existsSync(file(name)))).toEqual([])
})
