/** `--lockdep` and `--lock-stat` of `lockstorm scenario`. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { lockdepAsExpected } from '#lockstorm/cli/scenario_stress'
import type { LockClassStat, LockReport } from '#lockstorm/results/locks'
import { runMatrix, scenarioNamed, type Scenario } from '#lockstorm/scenarios/index'
import { lockstorm } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 90_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
const file = join(folder, 'run.json')
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const CIRCULAR = 'possible circular locking dependency detected'

interface Kept {
  readonly lockReports?: readonly (LockReport & { readonly runs?: number })[]
  readonly lockStat?: readonly LockClassStat[]
  readonly asExpected: boolean
}

function written(): readonly Kept[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { result: readonly Kept[] }).result
}

function named(name: string): Scenario {
  return scenarioNamed(name) as Scenario
}

describe('a forced run', () => {
  const verdict = 'rwsem: does not (lockdep), answers ok ok: as expected\n'

  test('what lockdep reports follows the verdict, once, and is kept', async () => {
    const args = ['scenario', 'devlink-order', '--strategy', 'rwsem', '--lockdep', '--json', file]
    const { code, stdout } = await lockstorm(...args)
    expect(code).toBe(0)
    const [before = '', after = ''] = stdout.split(verdict)
    expect(before).not.toContain('WARNING:')
    expect(after).toContain(`WARNING: ${CIRCULAR}\n`)
    expect(after).toContain(' Possible unsafe locking scenario:\n\n       CPU0                    CPU1\n')
    expect(written()).toMatchObject([
      { asExpected: true, lockReports: [{ machine: 'rwsem', detector: 'lockdep', title: CIRCULAR, cpu: 1 }] },
    ])
  })

  test('without the flag the verdict is the same, and nothing more is kept', async () => {
    const { code, stdout } = await lockstorm(
      'scenario',
      'devlink-order',
      '--strategy',
      'rwsem',
      '--json',
      file,
    )
    expect(code).toBe(0)
    expect(stdout).toContain(verdict)
    expect(written()[0]).not.toHaveProperty('lockReports')
  })

  test('locks in order: it says that there is nothing', async () => {
    const args = ['scenario', 'double-remove', '--strategy', 'srcu', '--lockdep', '--json', file]
    const { code, stdout } = await lockstorm(...args)
    expect(code).toBe(0)
    expect(stdout).toContain('as expected\nsrcu: lockdep has nothing to report\n')
    expect(written()).toMatchObject([{ asExpected: true, lockReports: [] }])
  })
})

test('the matrix keeps what lockdep says of each cell, if it is asked to', async () => {
  const some = { scenarios: [named('devlink-order')], strategies: ['rwsem', 'refcount', 'sharded'] }
  const cells = await runMatrix({ ...some, lockdep: true })
  expect(cells.map(({ lockReports }) => lockReports?.map(({ title }) => title))).toEqual([
    [CIRCULAR],
    [],
    [CIRCULAR],
  ])
  const plain = await runMatrix(some)
  expect(plain.map(({ lockReports }) => lockReports)).toEqual([undefined, undefined, undefined])
  expect(cells.map(({ cell, asExpected }) => ({ cell, asExpected }))).toEqual(
    plain.map(({ cell, asExpected }) => ({ cell, asExpected })),
  )
})

describe('free runs', () => {
  test('each kind of report comes once, with the number of its runs', async () => {
    const args = [
      'scenario',
      'vfio-register-under-lock',
      '--strategy',
      'modern',
      '--stress',
      '3',
      '--lockdep',
    ]
    const { code, stdout } = await lockstorm(...args, '--json', file)
    expect(code).toBe(0)
    expect(stdout).toContain(`modern, in 3 of 3 runs:\n`)
    expect(stdout.match(/^WARNING: /gm)).toHaveLength(1)
    expect(written()).toMatchObject([{ asExpected: true, lockReports: [{ title: CIRCULAR, runs: 3 }] }])
  })

  test('nobody reports where locks are in order, and lock_stat counts what the races took, all runs together', async () => {
    const args = ['scenario', 'same-uuid', '--strategy', 'srcu', '--stress', '3', '--lockdep', '--lock-stat']
    const { code, stdout } = await lockstorm(...args, '--json', file)
    expect(code).toBe(0)
    expect(stdout).toContain('\nsrcu: lockdep has nothing to report\n')
    expect(stdout).toContain('srcu:\nlock_stat version 0.4 (times in microseconds)\n')
    const [{ lockReports, lockStat }] = written() as [Kept]
    expect(lockReports).toEqual([])
    const acquired = (name: string): number | undefined =>
      lockStat?.find((row) => row.name === name)?.write.hold.nr
    // In each of three runs two write and one device comes; the parents that booting announces are not the race's.
    expect([acquired('&of->mutex'), acquired('uevent_sock_mutex')]).toEqual([3 * 2, 3])
  })
})

test('a report that the table of a scenario does not have is not as expected', () => {
  const report = { title: CIRCULAR } as LockReport
  expect(lockdepAsExpected(named('same-uuid'), 'srcu', [])).toBe(true)
  expect(lockdepAsExpected(named('same-uuid'), 'srcu', [report])).toBe(false)
  expect(lockdepAsExpected(named('vfio-register-under-lock'), 'srcu', [report])).toBe(true)
  expect(lockdepAsExpected(named('same-uuid'), 'busted-gate', [report])).toBe(true)
})
