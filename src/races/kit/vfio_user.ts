/**
 * A user of a device through VFIO: a container, the group of IOMMU group 0, one device, and an eventfd by which he is asked to
 * let go.
 *
 * Words   USER_WORDS of the scenario's, wherever the caller has room for them.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { alloc_boot } from '../../mem/arena.ts'
import {
  eventfd,
  eventfd_init,
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

const CONTAINER = 0
const GROUP = 1
const DEVICE = 2
const EVENTFD = 3
/** Words of a user. */
export const USER_WORDS = 4

/** Makes his eventfd. Before userOpens. */
export function makeUser(user: number): void {
  const trigger = as<'eventfd'>(alloc_boot(eventfd.words))
  eventfd_init(trigger)
  write(user + EVENTFD, trigger)
}

/** By which he is asked. */
export function eventfdOf(user: number): Addr<'eventfd'> {
  return as(read(user + EVENTFD))
}

/** His device file. */
export function deviceFdOf(user: number): number {
  return read(user + DEVICE)
}

/** Opens everything up to the device of that name, and asks to be asked. Returns 0 or a negative errno. */
export function userOpens(user: number, name: Addr<'qstr'>): number {
  const container = vfio_fops_open()
  const group = vfio_group_open(0)
  write(user + CONTAINER, container)
  if (group < 0) return group
  write(user + GROUP, group)
  const ret = vfio_ioctl_set_container(group, container) || vfio_ioctl_set_iommu(container, VFIO_TYPE1_IOMMU)
  if (ret !== 0) return ret
  const device = vfio_group_get_device_fd(group, name)
  if (device < 0) return device
  write(user + DEVICE, device)
  return vfio_device_set_req_irq(device, VFIO_PCI_REQ_IRQ_INDEX, eventfdOf(user))
}

/** Closes the device. Returns 0 or a negative errno. */
export function userClosesDevice(user: number): number {
  return vfio_device_fops_release(deviceFdOf(user))
}

/** Closes group and container. Returns 0 or a negative errno. */
export function userClosesGroup(user: number): number {
  return vfio_group_fops_release(read(user + GROUP)) || vfio_fops_release(read(user + CONTAINER))
}
