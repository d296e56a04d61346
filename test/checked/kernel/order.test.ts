import { afterEach, beforeEach, expect, test } from 'vitest'
import { as, EEXIST, EIO, type Addr } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'
import type { Observer } from '#lockstorm/trace/observer'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootKernel, makeBus, makeDriver, name, prepareDevice, zalloc } from '../../kernel/fixture.ts'

const probeResult = { value: 0 }
const attr = k.define_attribute<'device'>('o.attr', { name: 'attr', mode: 0o444, show: () => '' })
const groups = k.define_groups('o.groups', [{ name: 'vendor', attrs: [attr] }])
const busOps = k.bus_ops.define('o', {})
const drvOps = k.driver_ops.define('o', { probe: () => probeResult.value, remove: () => {} })
const release = k.device_releases.define('o', () => {})
const plain = k.kobj_types.define('o', { release: () => {} })

const points: string[] = []
const recorder: Observer = { name: 'recorder', point: (name) => points.push(name) }

beforeEach(() => {
  bootKernel()
  probeResult.value = 0
  installObserver(recorder)
})
afterEach(() => {
  removeObserver(recorder)
})

function device() {
  const bus = makeBus('mdev', busOps)
  makeDriver('mtty', bus, drvOps)
  const parent = prepareDevice('parent', as(0), as(0), release)
  k.device_add(parent)
  const dev = prepareDevice('dev', bus, parent, release)
  write(dev + k.device.offset.groups, groups)
  return dev
}

function record(run: () => void): string[] {
  points.length = 0
  run()
  return [...points]
}

const ADD = [
  'device_add:directory',
  'device_add:uevent_file',
  'device_add:class_symlinks',
  'device_add:groups',
  'device_add:bus',
  'bus_notify:ADD_DEVICE',
  'kobject_uevent:add',
  'device_add:probe',
  'bus_notify:BIND_DRIVER',
  'really_probe:probe',
]

test('device_add goes in the order of the kernel, and joins the child list only after the probe', () => {
  const dev = device()
  expect(record(() => k.device_add(dev))).toEqual([
    ...ADD,
    'bus_notify:BOUND_DRIVER',
    'kobject_uevent:bind',
    'device_add:child_list',
  ])
})

test('device_del leaves the child list first and its groups before the driver is unbound', () => {
  const dev = device()
  k.device_add(dev)
  expect(record(() => k.device_del(dev))).toEqual([
    'bus_notify:DEL_DEVICE',
    'device_del:child_list',
    'device_del:class_symlinks',
    'device_del:groups',
    'device_del:bus',
    'bus_remove_device:release_driver',
    'bus_notify:UNBIND_DRIVER',
    'device_release_driver:remove',
    'bus_notify:UNBOUND_DRIVER',
    'kobject_uevent:unbind',
    'bus_notify:REMOVED_DEVICE',
    'kobject_uevent:remove',
    'device_del:directory',
  ])
})

test('what an object says at the end it says while its directory is still there', () => {
  const there: boolean[] = []
  const witness: Observer = {
    name: 'witness',
    point(point) {
      if (point === 'kobject_uevent:remove') there.push(Array.isArray(k.sysfs_list(home)))
    },
  }
  let home = '/sys/devices/parent/dev'
  const dev = device()
  k.device_add(dev)
  installObserver(witness)
  k.device_del(dev)
  // One that nobody has told anything: its last put removes it.
  const set = k.kset_create_and_add(name('set'), 0, as(0)) as Addr<'kset'>
  home = '/sys/set/object'
  const object = zalloc(k.kobject)
  k.kobject_init(object, plain)
  k.kobject_set_name(object, name('object'))
  write(object + k.kobject.offset.kset, set)
  k.kobject_add(object, as(0))
  k.kobject_uevent(object, k.KOBJ_ADD)
  k.kobject_put(object)
  removeObserver(witness)
  expect(there).toEqual([true, true])
})

test('a device that cannot join its bus has none of its files left when its end is told', () => {
  const files: unknown[] = []
  const witness: Observer = {
    name: 'witness',
    point(point) {
      if (point === 'kobject_uevent:remove') files.push(k.sysfs_list('/sys/devices/parent/dev'))
    },
  }
  const dev = device()
  // Another has its name on the bus.
  k.device_add(prepareDevice('dev', as(read(dev + k.device.offset.bus)), as(0), release))
  installObserver(witness)
  expect(k.device_add(dev)).toBe(-EEXIST)
  removeObserver(witness)
  expect(files).toEqual([[]])
})

test('a probe that fails is told to the notifiers and to nobody else', () => {
  const dev = device()
  probeResult.value = -EIO
  expect(record(() => k.device_add(dev))).toEqual([
    ...ADD,
    'bus_notify:DRIVER_NOT_BOUND',
    'device_add:child_list',
  ])
})

test('a bus notifier hears the life of a device in the order of the kernel', () => {
  const heard: number[] = []
  const nb = k.bus_notifiers.define('o', (event) => heard.push(event))
  const dev = device()
  const bus = as<'bus_type'>(read(dev + k.device.offset.bus))
  expect(k.bus_register_notifier(bus, nb)).toBe(0)
  k.device_add(dev)
  k.device_unregister(dev)
  expect(heard).toEqual([
    k.BUS_NOTIFY_ADD_DEVICE,
    k.BUS_NOTIFY_BIND_DRIVER,
    k.BUS_NOTIFY_BOUND_DRIVER,
    k.BUS_NOTIFY_DEL_DEVICE,
    k.BUS_NOTIFY_UNBIND_DRIVER,
    k.BUS_NOTIFY_UNBOUND_DRIVER,
    k.BUS_NOTIFY_REMOVED_DEVICE,
  ])
  expect(k.bus_unregister_notifier(bus, nb)).toBe(0)
  expect(k.bus_unregister_notifier(bus, nb)).toBeLessThan(0)
})
