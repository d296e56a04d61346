import { describe, expect, test } from 'vitest'
import type { TortureResult } from '../../../src/results/torture.ts'
import { DEFAULTS, findType, torture, tortureAll, TYPES, type TortureType } from '#lockstorm/torture/index'

function run(type: TortureType, ms: number, more: Partial<typeof DEFAULTS> = {}): Promise<TortureResult> {
  const params = { ...DEFAULTS, shutdown_secs: ms, stutter: 100, ...more }
  return torture(type, { params, cores: 2, untilFailure: type.busted !== undefined, print: () => {} })
}

const real = TYPES.filter(({ busted }) => busted === undefined)
const busted = TYPES.filter((type) => type.busted !== undefined)

/** Runs until every task of every kind has had something to count: on a busy machine one may not get its turn at once. */
async function runAll(
  type: TortureType,
  ms: number,
  more: Partial<typeof DEFAULTS> = {},
): Promise<TortureResult> {
  for (let tries = 1; ; tries++) {
    const result = await run(type, ms, more)
    const everybody = result.fairness.length > 0 && result.fairness.every(({ min }) => min > 0)
    if (everybody || result.verdict === 'FAILURE' || tries === 20) return result
  }
}

describe('real types', () => {
  test.each(real.map((type) => [type.name, type] as const))(
    '%s holds',
    async (_, type) => {
      const { findings, verdict, fairness } = await runAll(type, 600)
      expect(findings).toEqual([])
      expect(verdict).toBe('SUCCESS')
      for (const { comm, min } of fairness) expect([comm, min > 0]).toEqual([comm, true])
    },
    120_000,
  )
})

describe('busted types', () => {
  // Ten seconds are plenty on a machine of their own; the tests do not have one.
  test.each(busted.map((type) => [type.name, type] as const))(
    '%s fails',
    async (_, type) => {
      const { verdict, cause } = await run(type, 100_000)
      expect([verdict, cause]).toEqual(['FAILURE', 'check'])
    },
    120_000,
  )

  test('a lost wake-up is told as such, not as a time-out', async () => {
    for (const name of ['mutex_busted', 'unlock_busted', 'completion_busted']) {
      const { findings } = await run(findType(name) as TortureType, 100_000)
      expect(findings.map(({ kind }) => kind)).toContain('lost_wakeup')
    }
  }, 360_000)
})

test('nested locks are taken in order and lose no update', async () => {
  const result = await runAll(findType('mutex_lock') as TortureType, 1000, { nested_locks: 3 })
  expect(result.verdict).toBe('SUCCESS')
  expect(result.totals['nested']).toBeGreaterThan(0)
})

test('each kind of grace period alone moves elements through the pipe', async () => {
  for (const gp of ['gp_sync', 'gp_exp', 'gp_normal', 'gp_cond', 'gp_poll'] as const) {
    const { verdict, totals } = await runAll(findType('srcu') as TortureType, 400, { [gp]: 1 })
    expect([gp, verdict]).toEqual([gp, 'SUCCESS'])
    expect(totals['allocs']).toBeGreaterThan(0)
  }
})

test('rcutorture posts callbacks for its barrier, and ends readers on other CPUs', async () => {
  const counted = { barriers: 0, updown: 0, nested: 0 }
  for (let tries = 0; tries < 50 && Object.values(counted).includes(0); tries++) {
    const { verdict, totals } = await run(findType('srcu') as TortureType, 400)
    expect(verdict).toBe('SUCCESS')
    for (const name of ['barriers', 'updown', 'nested'] as const) counted[name] += totals[name] ?? 0
  }
  expect(Object.values(counted)).not.toContain(0)
})

test('the checked build holds as well', async () => {
  const params = { ...DEFAULTS, shutdown_secs: 500 }
  const options = { params, cores: 2, checked: true, print: () => {} }
  for (const name of ['mutex_lock', 'rwsem_lock', 'ww_mutex_lock', 'srcu', 'kref']) {
    const { verdict, findings } = await torture(findType(name) as TortureType, options)
    expect([name, verdict, findings]).toEqual([name, 'SUCCESS', []])
  }
})

test('a worker that dies ends the test with a crash', async () => {
  const type = findType('mutex_lock') as TortureType
  const dying: TortureType = { ...type, tasks: () => [{ comm: 'nobody', body: 'nothing', tasks: 2 }] }
  const { verdict, cause, findings } = await run(dying, 10_000)
  expect([verdict, cause]).toEqual(['FAILURE', 'crash'])
  expect(findings[0]?.text).toContain("mutex_lock has no body 'nothing'")
})

test('a deadlock ends the test with a hang, at once', async () => {
  const type = findType('unlock_busted') as TortureType
  const { verdict, cause, findings } = await run({ ...type, available: () => false }, 10_000)
  expect([verdict, cause]).toEqual(['FAILURE', 'hang'])
  expect(findings[0]?.text).toContain('asleep on what nobody will give back')
})

test('all types share one total time', async () => {
  const some = TYPES.filter(({ name }) => ['lock_busted', 'spin_lock', 'completion'].includes(name))
  const results = await tortureAll(some, {
    params: { ...DEFAULTS, shutdown_secs: 3000 },
    cores: 2,
    print: () => {},
  })
  expect(results.map(({ type, asExpected }) => [type, asExpected])).toEqual(
    some.map(({ name }) => [name, true]),
  )
})
