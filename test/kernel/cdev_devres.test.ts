import { beforeEach, describe, expect, test } from 'vitest'
import { as, EIO, ENOENT, ENOMEM } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { set_fail_nth } from '#lockstorm/mem/index'
import { bootChardev, log, makeCharDevice } from './cdev_fixture.ts'
import { makeBus, makeDriver, prepareDevice } from './fixture.ts'

const note = k.devres_actions.define('devres.note', (_dev, data) => {
  log.push(`undo ${data}`)
})
const again = k.devres_actions.define('devres.again', (dev, data) => {
  log.push(`again ${data}`)
  k.devm_add_action(dev, note, data)
})
const put = k.devres_actions.define('devres.put', (dev) => {
  log.push('put')
  k.put_device(dev)
})
const plainOps = k.driver_ops.define('devres.plain', {})
const probe = { error: 0 }
const driverOps = k.driver_ops.define('devres', {
  probe: (dev) => {
    for (const n of [1, 2, 3]) k.devm_add_action(dev, note, n)
    return probe.error
  },
  remove: () => {
    log.push('remove')
  },
})
const busOps = k.bus_ops.define('devres', {})
const fops = k.file_operations.define('devres', {})
const release = k.device_releases.define('devres', () => {
  log.push('release')
})

function bound() {
  const bus = makeBus('devres', busOps)
  makeDriver('devres', bus, driverOps)
  const dev = prepareDevice('one', bus, as(0), release)
  k.device_add(dev)
  return dev
}

beforeEach(() => {
  bootChardev()
  probe.error = 0
})

describe('what a driver recorded is undone (row 31)', () => {
  test('last first, right after the remove, when the device is unbound through sysfs', () => {
    bound()
    expect(k.sysfs_write('/sys/bus/devres/drivers/devres/unbind', 'one')).toBe(3)
    expect(log).toEqual(['remove', 'undo 3', 'undo 2', 'undo 1'])
    expect(k.live_devres()).toBe(0)
    log.length = 0
    expect(k.sysfs_write('/sys/bus/devres/drivers/devres/bind', 'one')).toBe(3)
    expect(k.live_devres()).toBe(3)
  })

  test('when the probe fails', () => {
    probe.error = -EIO
    bound()
    expect(log).toEqual(['undo 3', 'undo 2', 'undo 1'])
  })

  test.each([
    ['without a bus', false, 0],
    ['on a bus without a driver', true, 0],
    ['that a driver is bound to', true, 1],
  ])('when a device %s is unregistered, if nobody else has it', (_, onBus, bindings) => {
    const bus = onBus ? makeBus('devres', busOps) : as<'bus_type'>(0)
    if (bindings > 0) makeDriver('devres', bus, plainOps)
    const dev = prepareDevice('one', bus, as(0), release)
    expect(k.device_add(dev)).toBe(0)
    expect(k.devm_add_action_or_reset(dev, note, 7)).toBe(0)
    k.device_unregister(dev)
    expect(log).toEqual(['undo 7', 'release'])
  })

  test('at the unbind, which may be what puts the last reference', () => {
    const bus = makeBus('devres', busOps)
    makeDriver('devres', bus, plainOps)
    const dev = prepareDevice('one', bus, as(0), release)
    k.device_add(dev)
    k.get_device(dev)
    k.devm_add_action_or_reset(dev, put, 0)
    k.device_unregister(dev)
    expect(log).toEqual(['put', 'release'])
    expect([k.live_devres(), k.live_devices()]).toEqual([0, 0])
  })

  test.each([
    ['without a bus', false],
    ['on a bus without a driver', true],
  ])('never, for a device %s, if one of the actions is to put the last reference', (_, onBus) => {
    const dev = prepareDevice('one', onBus ? makeBus('devres', busOps) : as(0), as(0), release)
    k.device_add(dev)
    k.get_device(dev)
    k.devm_add_action_or_reset(dev, put, 0)
    k.device_unregister(dev)
    expect(log).toEqual([])
    expect([k.live_devres(), k.live_devices()]).toEqual([1, 1])
  })

  test('only at the last put for a class device, which no driver is unbound from', () => {
    const { dev, cd, devt } = makeCharDevice('widget0', fops)
    k.devm_add_action(dev, note, 1)
    k.devm_add_action(dev, note, 2)
    const f = as<'file'>(k.chrdev_open(devt, k.O_RDWR))
    k.cdev_device_del(cd, dev)
    k.put_device(dev)
    expect(log).toEqual([])
    k.sys_close(f)
    expect(log).toEqual(['undo 2', 'undo 1', 'release device widget0'])
  })
})

describe('a recorded action', () => {
  test('can be taken back, or run early, the newest first', () => {
    const dev = bound()
    expect(k.devm_remove_action(dev, note, 2)).toBe(0)
    expect(k.devm_release_action(dev, note, 1)).toBe(0)
    expect(k.devm_remove_action(dev, note, 9)).toBe(-ENOENT)
    expect(log).toEqual(['undo 1'])
    k.device_unregister(dev)
    expect(log).toEqual(['undo 1', 'remove', 'undo 3', 'release'])
  })

  test('that cannot be recorded is run at once by the or_reset form', () => {
    const dev = bound()
    set_fail_nth(1)
    expect(k.devm_add_action_or_reset(dev, note, 8)).toBe(-ENOMEM)
    set_fail_nth(0)
    expect(log).toEqual(['undo 8'])
  })

  test('that records another leaves it for the next time', () => {
    const dev = bound()
    k.devm_add_action(dev, again, 5)
    k.sysfs_write('/sys/bus/devres/drivers/devres/unbind', 'one')
    expect(log).toEqual(['remove', 'again 5', 'undo 3', 'undo 2', 'undo 1'])
    log.length = 0
    k.device_unregister(dev)
    expect(log).toEqual(['undo 5', 'release'])
  })
})
