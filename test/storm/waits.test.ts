/** Who made whom wait: a second pass of a storm, in the checked build. */
import { expect, test, vi } from 'vitest'
import { foldedStacks } from '#lockstorm/report/folded'
import { render } from '#lockstorm/report/page'
import { waitsTables } from '#lockstorm/report/waits_table'
import { DEFAULT_PLAN, runStorm, sameCost } from '#lockstorm/storm/index'
import { validator } from '../setup/schema.ts'

vi.setConfig({ testTimeout: 120_000 })

test('a lock that is held across all of the work is what everybody waits for, and its owner is named', async () => {
  const size = { parents: 3, devices: 4, cpus: [3], rounds: 1, warmup: 1, vendors: [sameCost('sleep:2ms')] }
  const run = await runStorm({ ...DEFAULT_PLAN, ...size, strategies: ['global', 'placeholder'], waits: 2 })
  expect(validator('storm-2.schema.json')(run)).toEqual([])
  const [global, free] = run.waits ?? []
  expect(run.waits).toHaveLength(2)
  expect(global).toMatchObject({ strategy: 'global', vendor: 'sleep:2ms', cpus: 3, rounds: 2 })
  // Two of three CPUs wait for the third: two thirds of the time, whatever else the computer does.
  const [lock] = global?.locks ?? []
  expect(lock?.lock).toBe('mdev_list_lock')
  expect(lock?.share).toBeGreaterThan(0.3)
  expect(lock?.share).toBeLessThanOrEqual(1)
  const free_ = free?.locks.find((one) => one.lock === 'mdev_list_lock')?.share ?? 0
  expect(free_).toBeLessThan(lock?.share ?? 0)
  const [site] = global?.sites ?? []
  expect(site?.owner).toMatch(/mdev_device_(create|remove) \[mdev\]/)
  expect(site?.owner).not.toMatch(/program|runCpu|serve/)
  expect(site?.waiter).toMatch(/mdev_device_(create|remove) \[mdev\]/)
  for (const { owner, waiter } of global?.pairs ?? []) expect(owner).not.toBe(waiter)
  const sum = (all: readonly { readonly totalNs: number }[] = []): number =>
    Math.round(all.reduce((total, { totalNs }) => total + totalNs, 0))
  expect(sum(global?.pairs)).toBe(sum(global?.sites))
  expect(sum(global?.locks)).toBe(sum(global?.sites))

  const text = render(waitsTables(run.waits ?? []), { width: 200, colour: false })
  expect(text).toContain("Under 'global' the most was waited for mdev_list_lock")
  for (const line of foldedStacks(run.waits ?? [])
    .trimEnd()
    .split('\n')) {
    expect(line).toMatch(
      /^(global|placeholder);vendor sleep:2ms;3 CPUs;.*;waits for [^;]+;held in [^;]+ \d+$/,
    )
  }
})

test('without it there is none', async () => {
  const size = { parents: 1, devices: 1, cpus: [1], rounds: 1, warmup: 1, vendors: [sameCost('none')] }
  const run = await runStorm({ ...DEFAULT_PLAN, ...size, strategies: ['global'] })
  expect(run).not.toHaveProperty('waits')
  expect(foldedStacks([])).toBe('')
})
