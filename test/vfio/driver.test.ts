/** What a driver hears of those who have its device open, and of those who have not got it. */
import { beforeEach, expect, test } from 'vitest'
import { as, EBUSY, EINVAL, EIO, ENOENT, ENOMEM, type Addr } from '#lockstorm/base/index'
import { device, kernel_init, qstr_set_text, warning_count } from '#lockstorm/kernel/index'
import { dev_name } from '#lockstorm/kernel/device/device'
import { alloc_boot, createArena, set_fail_nth, strings_init } from '#lockstorm/mem/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { refcount_read } from '#lockstorm/sync/index'
import * as v from '#lockstorm/vfio/index'
import { vfio_node_minor, vfio_root } from '#lockstorm/vfio/globals'

const heard: string[] = []
const answer = { open: 0 }
let asked = 0
let user = 0
const OPS = v.vfio_device_ops.define('driver.test', {
  name: 'driver.test',
  open_device() {
    heard.push('open')
    return answer.open
  },
  close_device() {
    heard.push('close')
  },
  request(_vdev, count) {
    asked++
    heard.push(`asked ${count}`)
    if (count === 2) v.vfio_device_fops_release(user)
  },
})

interface World {
  readonly dev: Addr<'device'>
  readonly vdev: v.VfioDevice
  readonly container: number
  readonly group: number
}
let w: World

function must(error: number): void {
  if (error !== 0) throw new Error(`errno ${error}`)
}

function openGroup(): { container: number; group: number } {
  const container = v.vfio_fops_open()
  const group = v.vfio_group_open(0)
  must(v.vfio_ioctl_set_container(group, container) || v.vfio_ioctl_set_iommu(container, v.VFIO_TYPE1_IOMMU))
  return { container, group }
}

beforeEach(() => {
  createArena(16 << 20, 2)
  strings_init()
  must(kernel_init() || v.vfio_core_init())
  const dev = as<'device'>(alloc_boot(device.words))
  qstr_set_text(dev_name(dev), 'dev')
  write(dev + device.offset.iommu_group, v.iommu_group_alloc())
  const vdev = as<'vfio_device'>(alloc_boot(v.vfio_device.words))
  v.vfio_init_group_dev(vdev, dev, OPS, 0)
  must(v.vfio_register_group_dev(vdev))
  w = { dev, vdev, ...openGroup() }
  heard.length = 0
  answer.open = 0
  asked = 0
})

const open = (): number => v.vfio_group_get_device_fd(w.group, dev_name(w.dev))
const references = (): number => refcount_read(v.vfio_device.at.refcount(w.vdev))

test('a driver hears of the first open and of the last close', () => {
  const [one, two] = [open(), open()]
  expect(references()).toBe(3)
  v.vfio_device_fops_release(one)
  expect(heard).toEqual(['open'])
  v.vfio_device_fops_release(two)
  expect(heard).toEqual(['open', 'close'])
  expect(references()).toBe(1)
})

test('an open that the driver refuses leaves nothing: no reference, no user, no end of it to be told', () => {
  answer.open = -EIO
  expect(open()).toBe(-EIO)
  expect([references(), read(w.vdev + v.vfio_device.offset.open_count), ...heard]).toEqual([1, 0, 'open'])
  expect(v.vfio_ioctl_unset_container(w.group)).toBe(0)
})

test('an open for which there is no file is told to the driver as a close', () => {
  set_fail_nth(1)
  expect(open()).toBe(-ENOMEM)
  set_fail_nth(0)
  expect([references(), ...heard]).toEqual([1, 'open', 'close'])
})

test('the eventfd of a user goes with him: the next one is not asked through it', () => {
  const trigger = as<'eventfd'>(alloc_boot(v.eventfd.words))
  v.eventfd_init(trigger)
  const first = open()
  expect(v.vfio_device_set_req_irq(first, v.VFIO_PCI_REQ_IRQ_INDEX, trigger)).toBe(0)
  v.vfio_device_fops_release(first)
  v.vfio_relay_request(w.vdev, 0)
  expect(read(trigger)).toBe(0)
})

test('a user is asked again and again, with the number of times', () => {
  write(vfio_root() + v.vfio_globals.offset.request_period_us, 1)
  user = open()
  v.vfio_group_fops_release(w.group)
  heard.length = 0
  v.vfio_unregister_group_dev(w.vdev)
  expect([asked, ...heard]).toEqual([3, 'asked 0', 'asked 1', 'asked 2', 'close'])
})

test('a device is registered once; the second time is warned about and takes no reference', () => {
  expect(v.vfio_register_group_dev(w.vdev)).toBe(-EBUSY)
  expect([references(), warning_count()]).toEqual([1, 1])
})

test('a container gets a backend once, and only with a group in it', () => {
  expect(v.vfio_ioctl_set_iommu(w.container, v.VFIO_TYPE1v2_IOMMU)).toBe(-EINVAL)
  const empty = v.vfio_fops_open()
  expect(v.vfio_ioctl_set_iommu(empty, v.VFIO_TYPE1_IOMMU)).toBe(-EINVAL)
})

test('the number of a group that is gone is given out again, and a group whose open failed can be opened', () => {
  v.vfio_group_fops_release(w.group)
  set_fail_nth(1)
  expect(v.vfio_group_open(0)).toBe(-ENOMEM)
  set_fail_nth(0)
  const again = v.vfio_group_open(0)
  expect(again).toBeGreaterThan(0)
  v.vfio_group_fops_release(again)
  v.vfio_unregister_group_dev(w.vdev)
  write(w.dev + device.offset.iommu_group, v.iommu_group_alloc())
  v.vfio_init_group_dev(w.vdev, w.dev, OPS, 0)
  expect(v.vfio_register_group_dev(w.vdev)).toBe(0)
  expect([vfio_node_minor(0), vfio_node_minor(1)]).toEqual([-ENOENT, 0])
})
