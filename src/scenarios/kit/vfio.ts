/**
 * Two or three devices that share an IOMMU group, and a user of one: what the races of the VFIO mail are made of.
 *
 * Words   those of the scenario from SHARED on: the IOMMU group, the devices, the user's files.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { platform_device_create, platform_init } from '../../drivers/index.ts'
import { dev_name } from '../../kernel/device.ts'
import type { Device } from '../../kernel/device_struct.ts'
import { alloc_boot } from '../../mem/arena.ts'
import {
  eventfd,
  eventfd_init,
  iommu_group_alloc,
  vfio_counts,
  vfio_device_fops_release,
  vfio_device_set_req_irq,
  vfio_fops_open,
  vfio_fops_release,
  vfio_group_fops_release,
  vfio_group_get_device_fd,
  vfio_group_open,
  vfio_ioctl_set_container,
  vfio_ioctl_set_iommu,
  VFIO_PCI_REQ_IRQ_INDEX,
  VFIO_TYPE1_IOMMU,
} from '../../vfio/index.ts'

/** First of the shared words that the kit uses; the ones before it are the scenario's own. */
const SHARED = 16
const GROUP = SHARED
const DEVICES = SHARED + 1
const CONTAINER_FD = SHARED + 5
const GROUP_FD = SHARED + 6
const DEVICE_FD = SHARED + 7
const EVENTFD = SHARED + 8

/** The IOMMU group. */
export function groupOf(words: number): Addr<'iommu_group'> {
  return as(read(words + GROUP))
}

/** The n-th device. */
export function deviceOf(words: number, n: number): Device {
  return as(read(words + DEVICES + n))
}

/** Makes the bus and so many devices of one IOMMU group, unbound. Returns 0 or a negative errno. */
export function makeDevices(words: number, count: number): number {
  const ret = platform_init()
  if (ret !== 0) return ret
  const group = iommu_group_alloc()
  if (group < 0) return group
  write(words + GROUP, group)
  for (let n = 0; n < count; n++) {
    const dev = platform_device_create(n, as(group))
    if (dev < 0) return dev
    write(words + DEVICES + n, dev)
  }
  return 0
}

/** One more device that joins the group. Returns 0 or a negative errno. */
export function joinGroup(words: number, n: number): number {
  return Math.min(0, platform_device_create(n, groupOf(words)))
}

/** A user opens container, group and the n-th device, and wants to be asked by an eventfd. Returns 0 or a negative errno. */
export function useDevice(words: number, n: number): number {
  const container = vfio_fops_open()
  const group = vfio_group_open(0)
  write(words + CONTAINER_FD, container)
  write(words + GROUP_FD, group)
  const ret = vfio_ioctl_set_container(group, container) || vfio_ioctl_set_iommu(container, VFIO_TYPE1_IOMMU)
  if (ret !== 0) return ret
  const device = vfio_group_get_device_fd(group, dev_name(deviceOf(words, n)))
  if (device < 0) return device
  write(words + DEVICE_FD, device)
  const trigger = as<'eventfd'>(alloc_boot(eventfd.words))
  eventfd_init(trigger)
  write(words + EVENTFD, trigger)
  return vfio_device_set_req_irq(device, VFIO_PCI_REQ_IRQ_INDEX, trigger)
}

/** By which the user of useDevice is asked. */
export function eventfdOf(words: number): Addr<'eventfd'> {
  return as(read(words + EVENTFD))
}

/** The user closes the device. */
export function closeDevice(words: number): number {
  return vfio_device_fops_release(read(words + DEVICE_FD))
}

/** The user closes group and container. */
export function closeGroup(words: number): number {
  return vfio_group_fops_release(read(words + GROUP_FD)) || vfio_fops_release(read(words + CONTAINER_FD))
}

/** What should not be there any more: one sentence per count. The devices and their IOMMU group stay. */
export function vfioLeft(): string[] {
  const { groups, groupsListed, minors, nodes, unbound, containers, files, putWorks, locked } = vfio_counts()
  const counts = { groups, groupsListed, minors, nodes, unbound, containers, files, putWorks, locked }
  return Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .map(([what, count]) => `vfio: ${what}: ${count}, not 0`)
}
