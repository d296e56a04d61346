import { describe, expect, test } from 'vitest'
import { EAGAIN, EEXIST, ENODEV, ENOENT } from '#lockstorm/base/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { kernel_counts, sysfs_list } from '#lockstorm/kernel/index'
import { alloc_boot } from '#lockstorm/mem/index'
import { mdev_check, strategyNamed } from '#lockstorm/mdev/index'
import { parent_available } from '#lockstorm/drivers/index'
import { bodyModule } from '../setup/bodies.ts'
import { boot, guarded, strategies } from './machine.ts'

const CPUS = 4
const PARENTS = 3
const module = bodyModule('mdev')
const load = { prefix: '11111111-2222-3333-4444-', devices: 4, rounds: 60, parents: PARENTS }

function counts(): Partial<ReturnType<typeof kernel_counts>> {
  const { warnings: _w, duplicates: _d, ...rest } = kernel_counts()
  return rest
}

describe.each(strategies)('four CPUs that create and remove under %s', (strategy) => {
  test('leave every count as they found it', async () => {
    const sab = boot(strategy, { parents: PARENTS })
    const before = counts()
    const results = await runBodies<Record<number, number>>({
      sab,
      cpus: CPUS,
      module,
      body: 'churn',
      arg: load,
    })
    expect(results).toEqual(Array.from({ length: CPUS }, () => ({ 0: 2 * load.devices * load.rounds })))
    expect(counts()).toEqual(before)
    expect(mdev_check(PARENTS, 5)).toEqual([])
    expect(parent_available(0, 0)).toBe(16)
  })
})

describe.each(guarded)('parents that come and go under %s', (strategy) => {
  test('take their children with them: nothing leaks, and a remove or create in the way fails cleanly', async () => {
    const sab = boot(strategy, { parents: PARENTS })
    const before = counts()
    const arg = { ...load, done: alloc_boot(1) }
    const all = await runBodies<Record<number, number>>({
      sab,
      cpus: CPUS,
      module,
      body: 'churnUnderHotplug',
      arg,
    })
    const errnos = new Set(all.flatMap((one) => Object.keys(one).map(Number)))
    errnos.delete(0)
    // EEXIST: a remove was refused because the parent goes, and the uuid is taken until the parent has removed it.
    // EAGAIN: where the bus comes first, a removal marks the device before it waits, and who comes then is to try again.
    const busFirst = strategyNamed(strategy)?.sequence.vendorMayRefuse === true
    const known = [EEXIST, ENODEV, ENOENT, ...(busFirst ? [EAGAIN] : [])]
    expect([...errnos].filter((errno) => !known.includes(errno))).toEqual([])
    expect(sysfs_list('/sys/bus/mdev/devices')).toEqual([])
    expect(mdev_check(PARENTS, 5)).toEqual([])
    expect(counts()).toEqual(before)
  })
})
