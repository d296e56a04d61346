import { describe, expect, test } from 'vitest'
import { EBUSY, ENOMEM, ENOSPC, errname, EUSERS } from '#lockstorm/base/index'
import { AP_INSTANCES, type BootOptions } from '#lockstorm/drivers/index'
import { sysfs_list, sysfs_read, sysfs_write } from '#lockstorm/kernel/index'
import { alloc_boot } from '#lockstorm/mem/index'
import { mdev_check, STRATEGIES } from '#lockstorm/mdev/index'
import { guestCloses, guestOpens, makeGuest } from '#lockstorm/races/kit/guest'
import { names, UUID } from '#lockstorm/races/kit/shell'
import { boot, devDir, uuid } from '../mdev/machine.ts'

type Driver = BootOptions['driver']
const ASKED = STRATEGIES.filter(({ sequence }) => sequence.vendorMayRefuse).map(({ name }) => name)

const types = (parent: string): string => `/sys/class/mdev_bus/${parent}/mdev_supported_types`
const create = (parent: string, type: string, n: number): number =>
  sysfs_write(`${types(parent)}/${type}/create`, uuid(n))
const available = (parent: string, ...ids: string[]): number[] =>
  ids.map((type) => Number(sysfs_read(`${types(parent)}/${type}/available_instances`)))
const remove = (id: string): number => sysfs_write(`${devDir(id)}/remove`, '1')

/** Creates until it is refused. Returns how many there are, and the refusal's errno. */
function fill(parent: string, type: string, most = 100): [number, string] {
  for (let n = 0; n < most; n++) {
    const ret = create(parent, type, n)
    if (ret < 0) return [n, errname(ret)]
  }
  return [most, '']
}

/** Driver, parent, type, how many fit, how the next one is refused. */
const LIMITS: readonly (readonly [Driver, string, string, number, number])[] = [
  ['mtty', 'mtty', 'mtty-1', 24, ENOSPC],
  ['mtty', 'mtty', 'mtty-2', 12, ENOSPC],
  ['mdpy', 'mdpy', 'mdpy-vga', 4, ENOMEM],
  ['mdpy', 'mdpy', 'mdpy-hd', 4, ENOMEM],
  ['mbochs', 'mbochs', 'mbochs-small', 64, ENOSPC],
  ['mbochs', 'mbochs', 'mbochs-large', 4, ENOSPC],
  ['mbochs-5.14', 'mbochs', 'mbochs-medium', 16, ENOMEM],
  ['vgpu', 'gpu0', 'nvidia-35', 16, ENOSPC],
  ['vgpu', 'gpu0', 'nvidia-38', 2, ENOSPC],
  ['mlx5_sf', '0000:06:00.0', 'mlx5_core-local', 16, ENOSPC],
]

describe.each(LIMITS)('%s on %s, type %s', (driver, parent, type, most, errno) => {
  test.each(['placeholder', 'rwsem'])(`under %s: ${most} devices, then ${errname(errno)}`, (strategy) => {
    boot(strategy, { driver, parents: 1 })
    expect(available(parent, type)).toEqual([most])
    expect(fill(parent, type)).toEqual([most, errname(errno)])
    expect(available(parent, type)).toEqual([0])
    for (let n = 0; n < most; n++) expect(remove(uuid(n))).toBe(1)
    expect(available(parent, type)).toEqual([most])
    expect(mdev_check(1, names(types(parent)).length)).toEqual([])
  })
})

test('mdpy in 6.1: the core counts, and answers EUSERS', () => {
  boot('modern', { driver: 'mdpy', parents: 1 })
  expect(fill('mdpy', 'mdpy-vga')).toEqual([4, errname(EUSERS)])
  expect(available('mdpy', 'mdpy-vga', 'mdpy-xga', 'mdpy-hd')).toEqual([0, 0, 0])
  for (let n = 0; n < 4; n++) expect(remove(uuid(n))).toBe(1)
  expect(available('mdpy', 'mdpy-vga', 'mdpy-xga', 'mdpy-hd')).toEqual([4, 4, 4])
})

test('mtty of old shows a limit and does not keep it', () => {
  boot('placeholder', { driver: 'mtty-5.13', parents: 1 })
  expect(fill('mtty', 'mtty-1', 30)).toEqual([30, ''])
  expect(available('mtty', 'mtty-1')).toEqual([-6])
})

test('vfio_ap has 65536 instances', () => {
  boot('rwsem', { driver: 'vfio_ap', parents: 1 })
  expect(available('matrix', 'vfio_ap-passthrough')).toEqual([AP_INSTANCES])
  expect(create('matrix', 'vfio_ap-passthrough', 1)).toBe(36)
  expect(available('matrix', 'vfio_ap-passthrough')).toEqual([AP_INSTANCES - 1])
  expect(AP_INSTANCES).toBe(65_536)
})

test('sibling types move together', () => {
  boot('rwsem', { driver: 'mtty', parents: 1 })
  expect(available('mtty', 'mtty-1', 'mtty-2')).toEqual([24, 12])
  create('mtty', 'mtty-2', 1)
  expect(available('mtty', 'mtty-1', 'mtty-2')).toEqual([22, 11])
  boot('rwsem', { driver: 'mbochs', parents: 1 })
  create('mbochs', 'mbochs-large', 1)
  expect(available('mbochs', 'mbochs-small', 'mbochs-medium', 'mbochs-large')).toEqual([48, 12, 3])
})

test('a GPU has devices of one type at a time', () => {
  boot('rwsem', { driver: 'vgpu', parents: 1 })
  create('gpu0', 'nvidia-36', 1)
  expect(available('gpu0', 'nvidia-35', 'nvidia-36', 'nvidia-39')).toEqual([0, 7, 0])
  expect(create('gpu0', 'nvidia-35', 2)).toBe(-ENOSPC)
  expect(remove(uuid(1))).toBe(1)
  expect(create('gpu0', 'nvidia-35', 2)).toBe(36)
})

/** Vendors that refuse to remove a device in use, where the sequence asks them. */
const REFUSING: readonly (readonly [Driver, string, string])[] = [
  ['vfio_ap', 'matrix', 'vfio_ap-passthrough'],
  ['vgpu', 'gpu0', 'nvidia-35'],
]

describe.each(REFUSING)('%s', (driver, parent, type) => {
  test.each(ASKED)('under %s: EBUSY while it is open, and all is as before', (strategy) => {
    boot(strategy, { driver, parents: 1, vfio: true })
    const words = alloc_boot(64)
    expect(sysfs_write(`${types(parent)}/${type}/create`, UUID)).toBe(36)
    expect(makeGuest(words) || guestOpens(words)).toBe(0)
    expect(remove(UUID)).toBe(-EBUSY)
    expect(sysfs_list(devDir(UUID))).toContain('remove')
    expect(guestCloses(words)).toBe(0)
    expect(guestOpens(words)).toBe(0)
    expect(guestCloses(words)).toBe(0)
    expect(remove(UUID)).toBe(1)
  })
})
