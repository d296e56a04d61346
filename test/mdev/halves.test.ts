import { expect, test } from 'vitest'
import { as, EBUSY, ENODEV, type Addr } from '#lockstorm/base/index'
import { parent_device, parent_register, parent_unplug } from '#lockstorm/drivers/index'
import { process_one_work, sysfs_write } from '#lockstorm/kernel/index'
import { get_device, put_device } from '#lockstorm/kernel/device/device'
import {
  in_halves,
  mdev_check,
  mdev_device,
  mdev_unregister_begin,
  mdev_unregister_deferred,
  mdev_unregister_device,
  mdev_unregister_finish,
} from '#lockstorm/mdev/index'
import { read } from '#lockstorm/mem/access.fast'
import { mdevOf } from '#lockstorm/races/kit/shell'
import { boot, devDir, typeDir, uuid } from './machine.ts'

const create = (n: number, parent = 0): number => sysfs_write(`${typeDir(parent)}/create`, uuid(n))
const remove = (n: number): number => sysfs_write(`${devDir(uuid(n))}/remove`, '1')

function going(): Addr<'device'> {
  boot('sharded')
  expect(create(1)).toBe(36)
  const dev = parent_device(0)
  expect(mdev_unregister_begin(dev)).toBe(true)
  return dev
}

test('only a gate that closes without waiting has halves', () => {
  boot('rwsem')
  expect(in_halves()).toBe(false)
  boot('sharded')
  expect(in_halves()).toBe(true)
})

test('between the halves creates and removes are ENODEV, and a registration EBUSY; the device is still there', () => {
  const dev = going()
  expect([create(2), remove(1), parent_register(0)]).toEqual([-ENODEV, -ENODEV, -EBUSY])
  expect(mdevOf(uuid(1))).not.toBe(0)
  expect(mdev_unregister_begin(dev)).toBe(false)
  mdev_unregister_finish(dev)
  expect(mdevOf(uuid(1))).toBe(0)
  expect(parent_register(0)).toBe(0)
})

test('a parent that is not registered cannot begin', () => {
  boot('sharded')
  const dev = parent_device(0)
  mdev_unregister_device(dev)
  expect(mdev_unregister_begin(dev)).toBe(false)
  mdev_unregister_device(dev)
})

test('a second half that is put off is a piece of work', () => {
  boot('sharded')
  const dev = parent_device(0)
  expect(create(1)).toBe(36)
  expect(mdev_unregister_deferred(dev)).toBe(0)
  expect(mdev_unregister_deferred(dev)).toBe(0)
  expect(mdevOf(uuid(1))).not.toBe(0)
  expect(process_one_work()).toBe(true)
  expect(process_one_work()).toBe(false)
  expect(mdevOf(uuid(1))).toBe(0)
})

test('a device that somebody holds keeps its parent, past the end of the unregistration', () => {
  boot('sharded')
  expect(create(1)).toBe(36)
  const dev: Addr<'device'> = mdev_device.at.dev(mdevOf(uuid(1)))
  get_device(dev)
  const parent = as<'mdev_parent'>(read(mdevOf(uuid(1)) + mdev_device.offset.parent))
  expect(parent_unplug(0)).toBe(0)
  expect(mdev_check(1, 1).some((text) => text.startsWith('parents in memory'))).toBe(true)
  expect(parent).toBeGreaterThan(0)
  put_device(dev)
  expect(mdev_check(1, 1).filter((text) => text.startsWith('parents in memory'))).toEqual([])
})
