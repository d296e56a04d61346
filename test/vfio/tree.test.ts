import { describe, expect, test } from 'vitest'
import {
  dangling_links,
  kernel_counts,
  sysfs_list,
  sysfs_read,
  sysfs_readlink,
  sysfs_write,
  uevent_count,
  uevent_records,
} from '#lockstorm/kernel/index'
import { mdev_check } from '#lockstorm/mdev/index'
import { vfio_check } from '#lockstorm/vfio/check'
import { boot, createFile, devDir, log, strategies, uevents, uuid } from './machine.ts'

const MTTY_TYPES = 2

describe.each(strategies)('an mdev with vfio under %s', (strategy) => {
  test('has an IOMMU group, a vfio group and its device node, and leaves nothing of them', () => {
    boot(strategy)
    const before = kernel_counts()
    expect(sysfs_write(createFile(), uuid(1))).toBe(36)
    expect(sysfs_readlink(`${devDir(uuid(1))}/iommu_group`)).toBe('../../../../../kernel/iommu_groups/0')
    const files = sysfs_list('/sys/kernel/iommu_groups/0') as string[]
    expect(files.filter((file) => file !== 'name')).toEqual(['devices', 'reserved_regions', 'type'])
    expect(sysfs_read('/sys/kernel/iommu_groups/0/type')).toBe('unknown\n')
    expect(sysfs_readlink(`/sys/kernel/iommu_groups/0/devices/${uuid(1)}`)).toBe(
      `../../../../devices/virtual/mtty/mtty/${uuid(1)}`,
    )
    expect(sysfs_readlink('/sys/class/vfio/0')).toBe('../../devices/virtual/vfio/0')
    expect(sysfs_read('/sys/class/vfio/0/dev')).toBe('254:0\n')
    expect(sysfs_read('/sys/class/vfio/0/uevent')).toBe('MAJOR=254\nMINOR=0\nDEVNAME=vfio/0\n')
    expect(vfio_check()).not.toEqual([])
    expect(sysfs_write(`${devDir(uuid(1))}/remove`, '1')).toBe(1)
    expect(vfio_check()).toEqual([])
    expect(mdev_check(2, MTTY_TYPES)).toEqual([])
    expect(kernel_counts()).toEqual(before)
    expect(dangling_links()).toEqual([])
  })

  test('the lowest free number of groups and nodes is used again', () => {
    boot(strategy)
    for (const n of [1, 2, 3]) sysfs_write(createFile(), uuid(n))
    sysfs_write(`${devDir(uuid(2))}/remove`, '1')
    sysfs_write(createFile(1), uuid(4))
    expect(sysfs_readlink(`${devDir(uuid(4))}/iommu_group`)).toContain('iommu_groups/1')
    expect(sysfs_list('/sys/class/vfio')).toEqual(['0', '1', '2'])
  })
})

test('the uevents of a create and a remove are those of a 6.1 kernel, in its order', () => {
  boot('modern')
  const from = uevent_count()
  sysfs_write(createFile(), uuid(1))
  sysfs_write(`${devDir(uuid(1))}/remove`, '1')
  expect(uevents(from)).toEqual([
    `add mdev ${uuid(1)}`,
    'add vfio 0',
    'add vfio-dev vfio0',
    `bind mdev ${uuid(1)}`,
    'remove vfio-dev vfio0',
    'remove vfio 0',
    `unbind mdev ${uuid(1)}`,
    `remove mdev ${uuid(1)}`,
  ])
  const [, group, dev] = uevent_records(from)
  expect(group?.env.slice(0, -1)).toEqual([
    'ACTION=add',
    'DEVPATH=/devices/virtual/vfio/0',
    'SUBSYSTEM=vfio',
    'MAJOR=254',
    'MINOR=0',
    'DEVNAME=vfio/0',
  ])
  expect(dev?.devpath).toBe(`/devices/virtual/mtty/mtty/${uuid(1)}/vfio-dev/vfio0`)
})

test('in the order of 5.2 the vfio group comes inside the bind and goes inside the unbind', () => {
  boot('rwsem')
  const from = uevent_count()
  sysfs_write(createFile(), uuid(1))
  sysfs_write(`${devDir(uuid(1))}/remove`, '1')
  expect(uevents(from)).toEqual([
    `add mdev ${uuid(1)}`,
    'add vfio 0',
    `bind mdev ${uuid(1)}`,
    'remove vfio 0',
    `unbind mdev ${uuid(1)}`,
    `remove mdev ${uuid(1)}`,
  ])
})

test('the log tells of the group as the kernel of the day did', () => {
  boot('modern')
  sysfs_write(createFile(), uuid(1))
  sysfs_write(`${devDir(uuid(1))}/remove`, '1')
  expect(log().filter((line) => line.includes('group'))).toEqual([
    `mtty ${uuid(1)}: Adding to iommu group 0`,
    `mtty ${uuid(1)}: Removing from iommu group 0`,
  ])
  boot('rwsem')
  sysfs_write(createFile(), uuid(1))
  sysfs_write(`${devDir(uuid(1))}/remove`, '1')
  expect(log().filter((line) => line.includes('group') || line.includes('MDEV: detaching'))).toEqual([
    `vfio_mdev ${uuid(1)}: Adding to iommu group 0`,
    `vfio_mdev ${uuid(1)}: MDEV: group_id = 0`,
    `vfio_mdev ${uuid(1)}: Removing from iommu group 0`,
    `vfio_mdev ${uuid(1)}: MDEV: detaching iommu`,
  ])
})

test('without second-order locks each group has a lock of its own, and its minor is its number', () => {
  boot('modern', { secondOrder: false })
  for (let n = 0; n < 20; n++) sysfs_write(createFile(n & 1), uuid(n))
  expect(sysfs_list('/sys/class/vfio')).toHaveLength(20)
  expect(sysfs_read('/sys/class/vfio/17/dev')).toBe('254:17\n')
  for (let n = 0; n < 20; n++) sysfs_write(`${devDir(uuid(n))}/remove`, '1')
  expect(vfio_check()).toEqual([])
})
