import { expect, test } from 'vitest'
import { as } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { bootKernel, makeBus, makeDriver, must, name, prepareDevice } from './fixture.ts'

const UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
const busOps = k.bus_ops.define('test', {})
const drvOps = k.driver_ops.define('test', {})
const release = k.device_releases.define('test', () => {})

function world() {
  bootKernel()
  const bus = makeBus('mdev', busOps)
  makeDriver('mtty', bus, drvOps)
  const cls = must(k.class_create(name('mtty')), 'class')
  const parent = must(k.device_create(cls, as(0), 0, 0, name('mtty')), 'device')
  return { bus, parent, dev: prepareDevice(UUID, bus, parent, release) }
}

test('the skeleton of /sys is there after the start', () => {
  bootKernel()
  expect(k.sysfs_tree().split('\n')).toEqual(
    ['', '/bus', '/class', '/devices', '/devices/virtual', '/kernel', '/module'].map((p) => `/sys${p}`),
  )
})

test('a device has the directory, files and links that a real kernel gives it', () => {
  const { dev } = world()
  expect(k.device_add(dev)).toBe(0)
  const home = `/sys/devices/virtual/mtty/mtty/${UUID}`
  expect(k.sysfs_tree(k.sysfs_dir(as(dev))).split('\n')).toEqual([
    home,
    `${home}/driver -> ../../../../../bus/mdev/drivers/mtty`,
    `${home}/subsystem -> ../../../../../bus/mdev`,
    `${home}/uevent`,
  ])
  expect(k.sysfs_readlink(`/sys/bus/mdev/devices/${UUID}`)).toBe(`../../../devices/virtual/mtty/mtty/${UUID}`)
  expect(k.sysfs_readlink('/sys/class/mtty/mtty')).toBe('../../devices/virtual/mtty/mtty')
  expect(k.sysfs_read(`/sys/bus/mdev/devices/${UUID}/uevent`)).toBe('DRIVER=mtty\n')
})

test('a device that was added and removed leaves nothing behind', () => {
  const { dev } = world()
  const before = k.kernel_counts()
  expect(k.device_add(dev)).toBe(0)
  k.device_unregister(dev)
  expect(k.kernel_counts()).toEqual({ ...before, devices: before.devices - 1 })
})
