/** `lockstorm selftest` and `lockstorm lockdep` from the command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { here, lockstorm } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 90_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
const file = join(folder, 'run.json')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function written(): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

test.each([
  ['locks', 245, []],
  ['tracepoints', 191, ['--traced']],
])('the self-test on %s prints the grid, the total and the differences', async (_, cells, flags) => {
  const { code, stdout, stderr } = await lockstorm('selftest', ...flags, '--json', file)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain(
    '                 A-B-B-A deadlock:  ok  |  ok  |  ok  |  ok  |  ok  |  ok  |  ok  |\n',
  )
  expect(stdout).toContain(`\nGood, all ${cells} testcases passed! |\n`)
  expect(stdout).toContain('\nDifferences from lib/locking-selftest.c:\n')
  expect(written()).toMatchObject({ schema: 'lockstorm/selftest@1', passed: cells, failed: 0 })
})

test('the devlink pattern is one circular report, and a finding', async () => {
  const { code, stdout, stderr } = await lockstorm('lockdep', 'devlink', '--era', '2019', '--json', file)
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect(stdout.match(/WARNING: possible circular locking dependency detected/g)).toHaveLength(1)
  expect(stdout).toContain('3 locks held by cpu-1/2:\n #0: ')
  expect(written()).toMatchObject({ pattern: 'devlink', gate: 'rwsem', reports: [{ detector: 'lockdep' }] })
})

test('with SRCU the validator of 2019 has nothing to report', async () => {
  const { code, stdout } = await lockstorm('lockdep', 'devlink', '--gate', 'srcu', '--era', '2019')
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'lockdep: nothing to report\n' })
})

test.each([
  [['lockdep', 'devlnk'], 'pattern devlnk: wanted one of devlink'],
  [['lockdep'], 'lockdep: name a pattern, one of devlink'],
  [['lockdep', 'devlink', '--srcu-sync'], '--srcu-sync goes with --gate srcu'],
  [['lockdep', 'devlink', '--gate', 'mutex'], '--gate mutex: wanted one of rwsem, srcu'],
  [['lockdep', 'devlink', '--era', '1999'], '--era 1999: wanted one of 2019, 2023'],
  [['selftest', '--json', '/nonexistent/x.json'], '--json /nonexistent/x.json: wanted a file'],
])('%j is refused in one line', async (args, line) => {
  const { code, stdout, stderr } = await here(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`lockstorm: ${line}`)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})
