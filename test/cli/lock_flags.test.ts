/** `--lockdep` and `--lock-stat` from the command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import type { StormRun, TortureRunResult } from '#lockstorm/results/index'
import { lockstorm } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 90_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
const file = join(folder, 'run.json')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const TINY = ['--parents', '2', '--devices', '2', '--cpus', '2', '--warmup', '1', '--rounds', '2']
const STORM = ['storm', ...TINY, '--vendor', 'none', '--json', file, '--strategies']

function written(): StormRun {
  return JSON.parse(readFileSync(file, 'utf8')) as StormRun
}

describe('a storm under lockdep', () => {
  test('a strategy whose locks are in order: no report', async () => {
    const { code, stdout, stderr } = await lockstorm(...STORM, 'global,srcu', '--lockdep')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toContain('WARNING:')
    expect(written()).toMatchObject({ verdict: 'ok', lockReports: [] })
  })

  test('two locks in both orders: one report, in the kernel’s words and as data, and a finding', async () => {
    const fault = ['--test-fault', 'inversion:1@1']
    const { code, stdout } = await lockstorm(...STORM, 'global', '--lockdep', ...fault)
    expect(code).toBe(1)
    expect(stdout.match(/WARNING: possible circular locking dependency detected/g)).toHaveLength(1)
    expect(stdout).toContain(' Possible unsafe locking scenario:\n\n       CPU0                    CPU1\n')
    expect(stdout).toContain('-> #1 (fault_b){+.+.}-{3:3}:\n       mutex_lock')
    const { verdict, lockReports, lockStat } = written()
    expect(verdict).toBe('finding')
    expect(lockReports).toMatchObject([{ machine: 'global', detector: 'lockdep', cpu: 1 }])
    expect(lockStat).toBeUndefined()
  })

  test('the control: nobody else notices them', async () => {
    const { code, stdout } = await lockstorm(...STORM, 'global', '--test-fault', 'inversion:1@1')
    expect(code).toBe(0)
    expect(stdout).not.toContain('WARNING:')
    expect(written().lockReports).toBeUndefined()
  })
})

test('lock_stat counts the measured rounds, and prints them as /proc/lock_stat does', async () => {
  const { code, stdout } = await lockstorm(...STORM, 'global', '--lock-stat')
  expect(code).toBe(0)
  expect(stdout).toContain('global:\nlock_stat version 0.4 (times in microseconds)\n')
  expect(stdout).toMatch(/^class name +con-bounces +contentions +waittime-min .* holdtime-avg$/m)
  const { lockStat, lockReports } = written()
  expect(lockReports).toEqual([])
  const [table] = lockStat ?? []
  const list = table?.rows.find(({ name }) => name === 'mdev_list_lock')
  // Two rounds of four creates and four removes, each takes it once.
  expect(list?.write.hold.nr).toBe(2 * (4 + 4))
  expect(list?.read.hold.nr).toBe(0)
})

test('a torture test counts each acquisition, and its locks are in order', async () => {
  const args = ['torture', 'mutex_lock', '--duration', '300ms', '--lockdep', '--lock-stat', '--json', file]
  const { code, stdout } = await lockstorm(...args)
  expect(code).toBe(0)
  expect(stdout).toContain('lock_stat version 0.4 (times in microseconds)\n')
  const { checked, results } = JSON.parse(readFileSync(file, 'utf8')) as TortureRunResult
  const result = results[0]
  expect({ checked, findings: result?.findings }).toEqual({ checked: true, findings: [] })
  const [row] = result?.lockStat ?? []
  expect(row?.name).toBe('mutex_lock-torture')
  expect(row?.write.hold.nr).toBe(result?.totals['acquired_write'])
})

test.each(['storm', 'torture'])('%s explains both flags', async (command) => {
  const { stdout } = await lockstorm(command, '--help')
  expect(stdout).toContain('--lockdep')
  expect(stdout).toContain('--lock-stat')
})
