import { describe, expect, test } from 'vitest'
import { EEXIST } from '#lockstorm/base/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { kernel_counts, sysfs_list } from '#lockstorm/kernel/index'
import { alloc_boot } from '#lockstorm/mem/index'
import { mdev_check, strategyNamed } from '#lockstorm/mdev/index'
import { boot, strategies, typeDir, uuid } from '../mdev/machine.ts'
import { bodyModule } from '../setup/bodies.ts'

const CPUS = 4
const module = bodyModule('mdev')
type Results = Record<number, number>

/** Four CPUs fight for each of the uuids, on the given parents. */
async function fight(
  strategy: string,
  parents: readonly number[],
  rounds: number,
  timeoutMs = 60_000,
): Promise<Results> {
  const sab = boot(strategy, { parents: CPUS })
  const arg = {
    paths: parents.map((parent) => `${typeDir(parent)}/create`),
    uuids: Array.from({ length: rounds }, (_, i) => uuid(i)),
    meeting: alloc_boot(1),
  }
  const all = await runBodies<Results>({
    sab,
    cpus: CPUS,
    firstCpu: 1,
    module,
    body: 'createSameUuid',
    arg,
    timeoutMs,
  })
  const sum: Results = {}
  for (const one of all)
    for (const [key, n] of Object.entries(one)) sum[Number(key)] = (sum[Number(key)] ?? 0) + n
  return sum
}

describe.each(strategies)('the namespace of %s', (strategy) => {
  test('of four creates of one uuid on one parent one succeeds and the others get EEXIST, silently', async () => {
    expect(await fight(strategy, [0, 0, 0, 0], 50)).toEqual({ 0: 50, [EEXIST]: 150 })
    expect(kernel_counts().duplicates).toBe(0)
    expect(mdev_check(CPUS, 5)).toEqual([])
  })

  test('of four creates of one uuid on four parents one succeeds, and nothing is left', async () => {
    expect(await fight(strategy, [0, 1, 2, 3], 50)).toEqual({ 0: 50, [EEXIST]: 150 })
    expect(sysfs_list('/sys/bus/mdev/devices')).toEqual([])
    expect(mdev_check(CPUS, 5)).toEqual([])
  })
})

test('a namespace that sees one parent lets a duplicate of another one reach the bus, where it draws a warning', async () => {
  const warned: string[] = []
  for (const strategy of strategies) {
    await fight(strategy, [0, 1, 2, 3], 50)
    if (kernel_counts().duplicates > 0) warned.push(strategy)
  }
  expect(warned).toEqual(strategies.filter((name) => strategyNamed(name)?.namespace.seesAllParents === false))
})

test('the control without a lock lets duplicates through to the bus', async () => {
  let caught = 0
  for (let attempt = 0; attempt < 10 && caught === 0; attempt++) {
    try {
      await fight('busted-namespace', [0, 1, 2, 3], 200, 3_000)
      caught = kernel_counts().duplicates + mdev_check(CPUS, 5).length
    } catch {
      // Its list is broken, and somebody fell into it: that is being caught as well.
      caught = 1
    }
  }
  expect(caught).toBeGreaterThan(0)
})
