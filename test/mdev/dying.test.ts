import { describe, expect, test } from 'vitest'
import { as, EEXIST, ENODEV, type Addr } from '#lockstorm/base/index'
import { parent_device, parent_register } from '#lockstorm/drivers/index'
import { device, kobject, sysfs_write } from '#lockstorm/kernel/index'
import { get_device, put_device } from '#lockstorm/kernel/device/device'
import { read } from '#lockstorm/mem/access.fast'
import { mdev_device, strategyNamed, type Strategy } from '#lockstorm/mdev/index'
import { mdevOf } from '#lockstorm/races/kit/shell'
import { boot, devDir, guarded, strategies, typeDir, uuid } from './machine.ts'

const create = (n: number, parent = 0): number => sysfs_write(`${typeDir(parent)}/create`, uuid(n))
const remove = (n: number): number => sysfs_write(`${devDir(uuid(n))}/remove`, '1')

describe.each(guarded)('on a parent that is going, under %s', (name) => {
  const { gate } = strategyNamed(name) as Strategy
  const first = gate.entersFirst ? ENODEV : EEXIST

  test(`a create is ENODEV; that of a uuid in use is ${gate.entersFirst ? 'too' : 'EEXIST'}`, () => {
    boot(name)
    expect(create(1)).toBe(36)
    const parent = as<'mdev_parent'>(read(mdevOf(uuid(1)) + mdev_device.offset.parent))
    gate.begin_unregister(parent)
    expect(create(1)).toBe(-first)
    expect(create(2)).toBe(-ENODEV)
    expect(create(2, 1)).toBe(36)
    gate.end_unregister(parent)
  })
})

const RESERVING = strategies.filter((name) => strategyNamed(name)?.namespace.listsUnfinished)

describe.each(RESERVING)('under %s', (name) => {
  test('a uuid is taken until the last reference to its device is gone', () => {
    boot(name)
    expect(create(1)).toBe(36)
    const dev: Addr<'device'> = mdev_device.at.dev(mdevOf(uuid(1)))
    get_device(dev)
    expect(remove(1)).toBe(1)
    expect([create(1), create(1, 1)]).toEqual([-EEXIST, -EEXIST])
    put_device(dev)
    expect(create(1, 1)).toBe(36)
  })
})

describe.each(strategies)('under %s', (name) => {
  test('a parent that is registered is EEXIST the second time, and keeps no reference more', () => {
    boot(name)
    const kref = device.at.kobj(parent_device(0)) + kobject.offset.kref
    const before = read(kref)
    expect([parent_register(0), read(kref)]).toEqual([-EEXIST, before])
  })
})
