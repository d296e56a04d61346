/** Locks that a storm holds longer on purpose. */
import { expect, test, vi } from 'vitest'
import { render } from '#lockstorm/report/page'
import { stormTables } from '#lockstorm/report/storm_table'
import type { StormPlan, StormRun } from '#lockstorm/results/index'
import { DEFAULT_PLAN, HOLD_LOCKS, runStorm, sameCost, type StormOptions } from '#lockstorm/storm/index'

vi.setConfig({ testTimeout: 90_000 })

function storm(changes: Partial<StormPlan>, options: StormOptions = {}): Promise<StormRun> {
  const size = { parents: 2, devices: 2, cpus: [2], rounds: 2, warmup: 2, vendors: [sameCost('none')] }
  return runStorm({ ...DEFAULT_PLAN, ...size, ...changes }, options)
}

test('a named lock is held longer once per acquisition, and never for less than its time', async () => {
  const holds = [
    { lock: 'kernfs_rwsem', ns: 3_000 },
    { lock: '&k->list_lock', ns: 0 },
  ]
  const run = await storm({ strategies: ['rwsem', 'srcu'], holds }, { detectors: { lockStat: true } })
  expect(run.verdict).toBe('ok')
  expect(run.lockHolds).toHaveLength(4)
  for (const { machine, lock, ns, times } of run.lockHolds ?? []) {
    const row = run.lockStat?.find((one) => one.machine === machine)?.rows.find(({ name }) => name === lock)
    const modes = [row?.write.hold, row?.read.hold].filter((hold) => hold !== undefined && hold.nr > 0)
    const acquired = modes.reduce((sum, hold) => sum + (hold?.nr ?? 0), 0)
    expect({ machine, lock, times }).toEqual({ machine, lock, times: acquired })
    expect(times).toBeGreaterThan(0)
    // lock_stat reads its clock before and after the delay reads the same clock.
    for (const hold of modes) expect(hold?.min).toBeGreaterThanOrEqual(ns)
  }
  const text = render(stormTables(run), { width: 200, colour: false })
  expect(text).toContain('held longer (checked build): kernfs_rwsem 3.00 µs, &k->list_lock 0 ns\n')
  expect(text).toMatch(/^kernfs_rwsem +3\.00 µs +\d+ +\d+$/m)
})

test('without it nothing is said of it', async () => {
  const run = await storm({ strategies: ['rwsem'] })
  expect(run).not.toHaveProperty('lockHolds')
  expect(render(stormTables(run), { width: 200, colour: false })).not.toContain('held longer')
})

test('some storm takes each of the locks that can be named', async () => {
  const holds = HOLD_LOCKS.map((lock) => ({ lock, ns: 0 }))
  const secondOrder = ['kernfs', 'uevent', 'lists', 'vfio'] as const
  const runs = [
    await storm({ strategies: ['per-parent'], holds, secondOrder }),
    await storm({ strategies: ['rwsem', 'sharded'], holds, secondOrder, hotplug: 0.5 }),
  ]
  const taken = runs.flatMap(({ lockHolds = [] }) => lockHolds.filter(({ times }) => times > 0))
  expect(new Set(taken.map(({ lock }) => lock))).toEqual(new Set(HOLD_LOCKS))
})
