import { afterEach, expect, test } from 'vitest'
import { as } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'
import type { Observer } from '#lockstorm/trace/observer'
import { write } from '#lockstorm/mem/access.fast'
import { bootKernel, makeBus, makeDriver, must, name, prepareDevice } from '../../kernel/fixture.ts'

const remove = k.define_attribute<'device'>('l.remove', {
  name: 'remove',
  mode: 0o200,
  store: (dev, text, attr) => {
    if (k.device_remove_file_self(dev, attr)) k.device_unregister(dev)
    return text.length
  },
})
const groups = k.define_groups('l.groups', [{ attrs: [remove] }])
const busOps = k.bus_ops.define('l', {})
const drvOps = k.driver_ops.define('l', {})
const release = k.device_releases.define('l', () => {})

/** Locks held now, outermost first, and every pair "outer → inner" seen, by class name. */
const classes = new Map<number, string>()
const held: number[] = []
const pairs = new Set<string>()
const recorder: Observer = {
  name: 'recorder',
  lockInit: (lock, _depMap, text) => classes.set(lock, text),
  lockAcquire: (lock) => {
    for (const outer of held) pairs.add(`${classes.get(outer)} → ${classes.get(lock)}`)
    held.push(lock)
  },
  lockRelease: (lock) => {
    held.splice(held.lastIndexOf(lock), 1)
  },
}

afterEach(() => {
  removeObserver(recorder)
})

function run(secondOrder: boolean): void {
  classes.clear()
  pairs.clear()
  installObserver(recorder)
  bootKernel({ secondOrder })
  const bus = makeBus('mdev', busOps)
  const drv = makeDriver('mtty', bus, drvOps)
  const cls = must(k.class_create(name('gpu')), 'class')
  const parent = must(k.device_create(cls, as(0), 0, 0, name('gpu0')), 'device')
  const dev = prepareDevice('dev', bus, parent, release)
  write(dev + k.device.offset.groups, groups)
  expect(k.device_add(dev)).toBe(0)
  expect(k.sysfs_write('/sys/bus/mdev/devices/dev/remove', '1')).toBe(1)
  k.driver_unregister(drv)
  k.device_destroy(parent)
}

test.each([true, false])('every lock that is taken is given back, second-order locks %s', (secondOrder) => {
  run(secondOrder)
  expect(held).toEqual([])
})

test('the tree lock, the list locks and the uevent mutex are leaves: nothing is taken under them', () => {
  run(true)
  const outer = new Set([...pairs].map((pair) => String(pair.split(' → ')[0])))
  expect([...outer].toSorted()).toEqual(['&dev->mutex', '&of->mutex', 'gdp_mutex', 'kn->active#l.remove'])
})

test('the device lock is outer to notification, links and uevents, and inner to the file that is written', () => {
  run(true)
  expect([...pairs]).toEqual(
    expect.arrayContaining([
      '&of->mutex → &dev->mutex',
      '&dev->mutex → kernfs_rwsem',
      '&dev->mutex → uevent_sock_mutex',
      'gdp_mutex → kernfs_rwsem',
    ]),
  )
  expect([...pairs].filter((pair) => /^&dev->mutex → (&of->mutex|gdp_mutex|&dev->mutex)/.test(pair))).toEqual(
    [],
  )
})

test('every function that is entered is left, and the stack of a removal reads as in the kernel', () => {
  const stack: string[] = []
  let deepest = ''
  const calls: Observer = {
    name: 'calls',
    enter: (symbol) => stack.push(symbol),
    leave: (symbol) => expect(stack.pop()).toBe(symbol),
    point: (point) => {
      if (point === 'device_release_driver:remove') deepest = stack.toReversed().join(' ← ')
    },
  }
  installObserver(calls)
  run(true)
  removeObserver(calls)
  expect(stack).toEqual([])
  expect(deepest).toBe('device_release_driver_internal ← bus_remove_device ← device_del ← kernfs_fop_write')
})

test('a drain is a write lock on the active reference, taken with no tree lock held', () => {
  run(true)
  const drains = [...pairs].filter((pair) => pair.includes('→ kn->active'))
  expect(drains).not.toContain('kernfs_rwsem → kn->active#l.remove')
})
