import { describe, expect, test } from 'vitest'
import {
  as,
  EAGAIN,
  EBUSY,
  EEXIST,
  EIO,
  EINVAL,
  ENODEV,
  ENOSPC,
  EPROBE_DEFER,
  Oops,
} from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { read } from '#lockstorm/mem/access.fast'
import { bootKernel, makeBus, makeDriver, must, name, prepareDevice } from './fixture.ts'

const bound = k.bus_ops.define('b.match', {})
const explicit = k.bus_ops.define('b.nomatch', { match: () => 0 })
const probeResult = { value: 0 }
const calls: string[] = []
const drvOps = k.driver_ops.define('b', {
  probe: (dev) => {
    calls.push(`probe ${k.name_text(k.dev_name(dev))}`)
    return probeResult.value
  },
  remove: (dev) => {
    calls.push(`remove ${k.name_text(k.dev_name(dev))}`)
  },
})
const release = k.device_releases.define('b', (dev) => {
  calls.push(`release ${k.name_text(k.dev_name(dev))}`)
})

function world(ops: number, result = 0) {
  bootKernel()
  calls.length = 0
  probeResult.value = result
  const bus = makeBus('mdev', ops)
  const drv = makeDriver('mtty', bus, drvOps)
  const parent = prepareDevice('parent', as(0), as(0), release)
  k.device_add(parent)
  return { bus, drv, parent, dev: prepareDevice('dev', bus, parent, release) }
}

function isBound(dev: k.Device): boolean {
  return read(dev + k.device.offset.driver) !== 0
}

describe('a driver that matches', () => {
  test('is bound by device_add and released by device_del', () => {
    const { dev } = world(bound)
    expect(k.device_add(dev)).toBe(0)
    expect(isBound(dev)).toBe(true)
    k.device_unregister(dev)
    expect(calls).toEqual(['probe dev', 'remove dev', 'release dev'])
  })

  test('may refuse: device_add succeeds all the same, the device stays, unbound, and the log says so', () => {
    const { dev } = world(bound, -EIO)
    expect(k.device_add(dev)).toBe(0)
    expect(isBound(dev)).toBe(false)
    expect(k.printk_records().map((r) => r.text)).toEqual(['mtty: probe of dev failed with error -5'])
    k.device_unregister(dev)
    expect(calls).toEqual(['probe dev', 'release dev'])
  })

  test('that refuses with ENODEV says nothing', () => {
    const { dev } = world(bound, -ENODEV)
    expect(k.device_add(dev)).toBe(0)
    expect(k.printk_records()).toEqual([])
  })

  test('binds devices that were there before it', () => {
    bootKernel()
    probeResult.value = 0
    const bus = makeBus('mdev', bound)
    const dev = prepareDevice('dev', bus, as(0), release)
    k.device_add(dev)
    expect(isBound(dev)).toBe(false)
    const drv = makeDriver('mtty', bus, drvOps)
    expect(isBound(dev)).toBe(true)
    k.driver_unregister(drv)
    expect(isBound(dev)).toBe(false)
  })

  test('is not asked while the bus has autoprobe off', () => {
    const { dev } = world(bound)
    expect(k.sysfs_write('/sys/bus/mdev/drivers_autoprobe', '0\n')).toBe(2)
    k.device_add(dev)
    expect(isBound(dev)).toBe(false)
    expect(k.sysfs_write('/sys/bus/mdev/drivers_probe', 'dev')).toBe(3)
    expect(isBound(dev)).toBe(true)
    expect(k.sysfs_write('/sys/bus/mdev/drivers_probe', 'nobody')).toBe(-ENODEV)
  })
})

describe('an explicit attach', () => {
  test.each([
    [0, 0],
    [-ENOSPC, -ENOSPC],
    [-ENODEV, -ENODEV],
    [-EPROBE_DEFER, -EAGAIN],
  ])('returns what the probe returned: %i gives %i', (result, expected) => {
    const { dev, drv } = world(explicit, result)
    expect(k.device_add(dev)).toBe(0)
    expect(calls).toEqual([])
    expect(k.device_driver_attach(drv, dev)).toBe(expected)
    expect(isBound(dev)).toBe(expected === 0)
  })

  test('is EBUSY for a device that is bound and ENODEV for one that is dead', () => {
    const { dev, drv } = world(explicit)
    k.device_add(dev)
    k.device_driver_attach(drv, dev)
    expect(k.device_driver_attach(drv, dev)).toBe(-EBUSY)
    k.get_device(dev)
    k.device_unregister(dev)
    expect(k.device_driver_attach(drv, dev)).toBe(-ENODEV)
    k.put_device(dev)
  })
})

test('bind and unbind work from sysfs, where the bus lets the driver serve the device', () => {
  const { dev } = world(bound)
  k.sysfs_write('/sys/bus/mdev/drivers_autoprobe', '0')
  k.device_add(dev)
  const dir = '/sys/bus/mdev/drivers/mtty'
  expect(k.sysfs_write(`${dir}/bind`, 'dev\n')).toBe(4)
  expect(k.sysfs_list(dir)).toEqual(['bind', 'dev', 'uevent', 'unbind'])
  expect(k.sysfs_write(`${dir}/unbind`, 'dev\n')).toBe(4)
  expect(k.sysfs_write(`${dir}/unbind`, 'dev\n')).toBe(-ENODEV)
  expect(k.sysfs_list(dir)).toEqual(['bind', 'uevent', 'unbind'])
  expect(k.sysfs_write(`${dir}/bind`, 'nobody')).toBe(-ENODEV)
})

test('bind from sysfs is ENODEV on a bus that matches nothing', () => {
  const { dev } = world(explicit)
  k.device_add(dev)
  expect(k.sysfs_write('/sys/bus/mdev/drivers/mtty/bind', 'dev')).toBe(-ENODEV)
  expect(isBound(dev)).toBe(false)
})

test('two drivers of one name on a bus are refused', () => {
  const { bus } = world(bound)
  expect(() => makeDriver('mtty', bus, drvOps)).toThrow(`${-EBUSY}`)
})

test('a name that is on the bus below another parent fails at the bus link, with a warning, and leaves nothing', () => {
  const { bus, parent, dev } = world(bound)
  const other = prepareDevice('other', as(0), as(0), release)
  k.device_add(other)
  expect(k.device_add(dev)).toBe(0)
  const { duplicates: _d, devices, ...before } = k.kernel_counts()
  const twin = prepareDevice('dev', bus, other, release)
  expect(k.device_add(twin)).toBe(-EEXIST)
  k.put_device(twin)
  expect(k.duplicate_count()).toBe(1)
  expect(k.kernel_reports()[0]?.title).toBe("sysfs: cannot create duplicate filename '/bus/mdev/devices/dev'")
  expect(k.kernel_counts()).toMatchObject({ ...before, devices })
  expect(k.uevent_records().at(-1)).toMatchObject({ action: 'remove', devpath: '/devices/other/dev' })
  expect(parent).not.toBe(other)
})

test('a device without any release is complained about', () => {
  bootKernel()
  const dev = prepareDevice('orphan', as(0), as(0), 0)
  k.put_device(dev)
  expect(k.kernel_reports()[0]?.title).toContain("Device 'orphan' does not have a release() function")
})

test('the uevent file shows the environment and sends the event that is written', () => {
  const { dev } = world(bound)
  k.device_add(dev)
  expect(k.sysfs_write('/sys/bus/mdev/devices/dev/uevent', 'change\n')).toBe(7)
  expect(k.uevent_records().at(-1)?.env.slice(0, -1)).toEqual([
    'ACTION=change',
    'DEVPATH=/devices/parent/dev',
    'SUBSYSTEM=mdev',
    'SYNTH_UUID=0',
    'DRIVER=mtty',
  ])
  expect(k.sysfs_write('/sys/bus/mdev/devices/dev/uevent', 'explode')).toBe(-EINVAL)
})

describe('children', () => {
  test('are invisible to a walk until their probe is over, and from the start of their removal', () => {
    bootKernel()
    const seen: number[] = []
    const parent = prepareDevice('parent', as(0), as(0), release)
    k.device_add(parent)
    const ops = k.driver_ops.define('b.children', {
      probe: () => seen.push(k.device_child_count(parent)) - seen.length,
      remove: () => {
        seen.push(k.device_child_count(parent))
      },
    })
    const bus = makeBus('mdev', bound)
    makeDriver('mtty', bus, ops)
    const dev = prepareDevice('dev', bus, parent, release)
    k.device_add(dev)
    seen.push(k.device_child_count(parent))
    k.device_unregister(dev)
    expect(seen).toEqual([0, 1, 0])
  })

  test('can be removed by the walk that visits them, which holds a reference meanwhile', () => {
    const { bus, parent } = world(explicit)
    const devs = ['a', 'b', 'c'].map((text) => prepareDevice(text, bus, parent, release))
    for (const dev of devs) k.device_add(dev)
    const order: string[] = []
    const result = k.device_for_each_child(parent, (child) => {
      order.push(k.name_text(k.dev_name(child)))
      k.device_unregister(child)
      expect(calls).not.toContain(`release ${order.at(-1)}`)
      return 0
    })
    expect(result).toBe(0)
    expect(order).toEqual(['a', 'b', 'c'])
    expect(calls).toEqual(['release a', 'release b', 'release c'])
  })

  test('a walk stops at the first result that is not 0 and returns it', () => {
    const { bus, parent } = world(explicit)
    for (const text of ['a', 'b']) k.device_add(prepareDevice(text, bus, parent, release))
    expect(k.device_for_each_child(parent, () => -EBUSY)).toBe(-EBUSY)
    k.device_for_each_child(parent, (child) => {
      k.device_unregister(child)
      return 0
    })
    expect(k.device_child_count(parent)).toBe(0)
  })
})

test('devices of a class live below virtual, below a class device, or in a glue directory', () => {
  bootKernel()
  const cls = must(k.class_create(name('vfio')), 'class')
  const plain = prepareDevice('plain', as(0), as(0), release)
  k.device_add(plain)
  const virtual = must(k.device_create(cls, as(0), 254, 0, name('0')), 'device')
  const glued = must(k.device_create(cls, plain, 0, 0, name('1')), 'device')
  const nested = must(k.device_create(cls, glued, 0, 0, name('2')), 'device')
  expect([virtual, glued, nested].map((dev) => k.kernfs_path(k.sysfs_dir(k.device.at.kobj(dev))))).toEqual([
    '/sys/devices/virtual/vfio/0',
    '/sys/devices/plain/vfio/1',
    '/sys/devices/plain/vfio/1/2',
  ])
  expect(k.sysfs_readlink('/sys/class/vfio/1/device')).toBe('../../../plain')
  expect(k.sysfs_read('/sys/class/vfio/0/dev')).toBe('254:0\n')
  for (const dev of [nested, glued, virtual]) k.device_destroy(dev)
  expect(k.sysfs_list('/sys/devices/virtual')).toEqual([])
  expect(k.sysfs_list('/sys/devices/plain')).toEqual(['uevent'])
})

test('a device that is removed twice dies of a NULL dereference', () => {
  const { dev } = world(bound)
  k.device_add(dev)
  k.get_device(dev)
  k.device_unregister(dev)
  expect(() => k.device_del(dev)).toThrow(Oops)
  expect(k.kernel_reports().at(-1)?.title).toContain('NULL pointer dereference')
})
