/**
 * What a failure takes back and what a removal leaves: each test sees one step of it, for which a whole that comes out even is not
 * enough.
 */
import { beforeEach, expect, test } from 'vitest'
import { as, EEXIST, EIO, ENOMEM, NULL } from '#lockstorm/base/index'
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

const clashing = k.define_groups('undo.clashing', [{ attrs: [attr] }])
const heard: string[] = []
const withGroups = k.driver_ops.define('undo.groups', {
  probe: () => 0,
  remove: () => heard.push('remove'),
  dev_groups: clashing,
})

test('a driver whose files cannot be made is told that it has lost the device', () => {
  heard.length = 0
  const bus = makeBus('mdev', busOps)
  const dev = prepareDevice('dev', bus, as(0), release)
  write(dev + k.device.offset.groups, clashing)
  makeDriver('mtty', bus, withGroups)
  expect(k.device_add(dev)).toBe(0)
  expect([read(dev + k.device.offset.driver), ...heard]).toEqual([0, 'remove'])
})

test('a bus has the references that it had, after devices that came and went and one that could not come', () => {
  const bus = makeBus('mdev', busOps)
  const before = references(bus)
  const dev = added('dev', bus)
  expect(references(bus)).toBeGreaterThan(before)
  expect(k.device_add(prepareDevice('dev', bus, added('parent'), release))).toBe(-EEXIST)
  k.device_unregister(dev)
  expect(references(bus)).toBe(before)
})

test('who looks a driver up stands on none afterwards', () => {
  const bus = makeBus('mdev', busOps)
  const drv = makeDriver('mtty', bus, drvOps)
  const node = k.device_driver.at.knode_bus(drv)
  expect(k.driver_find(bus, name('mtty'))).toBe(drv)
  expect(read(node + k.klist_node.offset.ref)).toBe(1)
})

test('an object tells its end once, and only if its beginning was told', () => {
  const set = must(k.kset_create_and_add(name('set'), 0, as(0)), 'kset')
  const object = (): k.Kobject => {
    const made = must(k.kobject_create_and_add(name('object'), as(0)), 'kobject')
    write(made + k.kobject.offset.kset, set)
    return made
  }
  const told = (run: (kobj: k.Kobject) => void): string[] => {
    const from = k.uevent_records().length
    const kobj = object()
    run(kobj)
    k.kobject_put(kobj)
    return k
      .uevent_records()
      .slice(from)
      .map(({ action }) => action)
  }
  expect(told((kobj) => void k.kobject_uevent(kobj, k.KOBJ_ADD))).toEqual(['add', 'remove'])
  expect(
    told((kobj) => {
      k.kobject_uevent(kobj, k.KOBJ_ADD)
      k.kobject_uevent(kobj, k.KOBJ_REMOVE)
    }),
  ).toEqual(['add', 'remove'])
  expect(
    told((kobj) => {
      set_fail_nth(1)
      expect(k.kobject_uevent(kobj, k.KOBJ_ADD)).toBe(-ENOMEM)
      set_fail_nth(0)
    }),
  ).toEqual([])
})

test('a file that is closed, or could not be opened, holds nothing of its node', () => {
  const dev = added('dev')
  expect(k.device_create_file(dev, attr)).toBe(0)
  const kn = k.kernfs_find_and_get(k.sysfs_dir(k.device.at.kobj(dev)), name('attr'))
  const { count, active } = k.kernfs_node.offset
  const before = read(kn + count)
  k.vfs_close(must(k.vfs_open(kn, k.O_RDONLY), 'kernfs_open_file'))
  set_fail_nth(1)
  expect(k.vfs_open(kn, k.O_RDONLY)).toBe(-ENOMEM)
  set_fail_nth(0)
  expect([read(kn + count), read(kn + active)]).toEqual([before, 0])
})
