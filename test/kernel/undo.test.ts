/**
 * What a failure takes back and what a removal leaves: each test sees one step of it, for which a whole that comes out even is not
 * enough.
 */
import { beforeEach, expect, test } from 'vitest'
import { as, EEXIST, EIO, NULL } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { set_fail_nth } from '#lockstorm/mem/index'
import { bootKernel, makeBus, makeDriver, must, name, prepareDevice } from './fixture.ts'

const attr = k.define_attribute<'device'>('undo.attr', { name: 'attr', mode: 0o444, show: () => '' })
const two = k.define_groups('undo.two', [
  { name: 'first', attrs: [attr] },
  { name: 'second', attrs: [attr] },
])
const busOps = k.bus_ops.define('undo', {})
const drvOps = k.driver_ops.define('undo', { probe: () => probeResult.value })
const release = k.device_releases.define('undo', () => {})
const probeResult = { value: 0 }

beforeEach(() => {
  bootKernel()
  probeResult.value = 0
})

function added(text: string, bus: k.Bus = as(0)): k.Device {
  const dev = prepareDevice(text, bus, as(0), release)
  expect(k.device_add(dev)).toBe(0)
  return dev
}

/** References of an object. */
const references = (kobj: number): number => read(kobj + k.kobject.offset.kref)

test('an object that cannot be added gives its parent back', () => {
  const parent = k.device.at.kobj(added('parent'))
  const before = references(parent)
  const once = must(k.kobject_create_and_add(name('name'), parent), 'kobject')
  expect(k.kobject_create_and_add(name('name'), parent)).toBe(-EEXIST)
  expect(references(parent)).toBe(before + 1)
  k.kobject_put(once)
  expect(references(parent)).toBe(before)
})

test('a removed device gives its parent back', () => {
  const parent = added('parent')
  const before = references(parent)
  const dev = prepareDevice('dev', as(0), parent, release)
  k.device_add(dev)
  expect(references(parent)).toBeGreaterThan(before)
  k.device_unregister(dev)
  expect(references(parent)).toBe(before)
})

test('a device whose addition fails, wherever, is on no bus', () => {
  const bus = makeBus('mdev', busOps)
  const dev = prepareDevice('dev', bus, as(0), release)
  write(dev + k.device.offset.major, 10)
  let failures = 0
  for (let error = -1; error !== 0;) {
    set_fail_nth(failures + 1)
    error = k.device_add(dev)
    set_fail_nth(0)
    if (error === 0) break
    failures++
    expect(k.sysfs_list('/sys/bus/mdev/devices')).toEqual([])
    expect(k.bus_find_device_by_name(bus, 'dev')).toBe(NULL)
  }
  expect(failures).toBeGreaterThan(5)
  expect(k.sysfs_list('/sys/bus/mdev/devices')).toEqual(['dev'])
})

test('a probe that fails leaves no link between driver and device', () => {
  const bus = makeBus('mdev', busOps)
  makeDriver('mtty', bus, drvOps)
  probeResult.value = -EIO
  added('dev', bus)
  expect(k.sysfs_list('/sys/bus/mdev/drivers/mtty')).not.toContain('dev')
  expect(k.sysfs_list('/sys/devices/dev')).not.toContain('driver')
})

test('a device is not unbound on behalf of a driver that it does not have', () => {
  const bus = makeBus('mdev', busOps)
  const mine = makeDriver('mtty', bus, drvOps)
  const other = makeDriver('other', bus, drvOps)
  const dev = added('dev', bus)
  k.device_driver_detach(other, dev)
  expect(read(dev + k.device.offset.driver)).toBe(mine)
  k.device_driver_detach(mine, dev)
  expect(read(dev + k.device.offset.driver)).toBe(0)
})

test('a link that goes frees its target, when that has gone before', () => {
  const [target, home] = ['target', 'home'].map((text) =>
    must(k.kobject_create_and_add(name(text), as(0)), 'kobject'),
  )
  const before = k.kernel_counts().kernfsNodes
  expect(k.sysfs_create_link(home as k.Kobject, target as k.Kobject, name('link'))).toBe(0)
  k.kobject_put(target as k.Kobject)
  expect(k.kernel_counts().kernfsNodes).toBe(before + 1)
  k.sysfs_remove_link(home as k.Kobject, name('link'))
  expect(k.kernel_counts().kernfsNodes).toBe(before - 1)
})

test('when a group cannot be made, those before it are taken back', () => {
  const dev = added('dev')
  const before = k.sysfs_list('/sys/devices/dev')
  for (let nth = 1; nth <= 4; nth++) {
    set_fail_nth(nth)
    expect(k.sysfs_create_groups(k.device.at.kobj(dev), two)).toBeLessThan(0)
    set_fail_nth(0)
    expect(k.sysfs_list('/sys/devices/dev')).toEqual(before)
  }
  expect(k.sysfs_create_groups(k.device.at.kobj(dev), two)).toBe(0)
})
