/**
 * A guest: the user who has an mdev open through VFIO, with a container of his own.
 *
 * Words   those of the scenario from GUEST on: his files, and the eventfd by which he is asked to let go.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { qstr_set_text } from '../../kernel/qstr.ts'
import { alloc_boot } from '../../mem/arena.ts'
import {
  eventfd,
  eventfd_init,
  eventfd_wait,
  vfio_device_fops_mmap,
  vfio_device_fops_release,
  vfio_device_set_req_irq,
  vfio_fops_open,
  vfio_fops_release,
  vfio_group_fops_release,
  vfio_group_get_device_fd,
  vfio_group_open,
  vfio_ioctl_set_container,
  vfio_ioctl_set_iommu,
  vfio_mapping_touch,
  VFIO_PCI_REQ_IRQ_INDEX,
  VFIO_TYPE1_IOMMU,
} from '../../vfio/index.ts'
import { UUID } from './shell.ts'

const GUEST = 40
const CONTAINER = GUEST
const GROUP = GUEST + 1
const DEVICE = GUEST + 2
const EVENTFD = GUEST + 3
const NAME = GUEST + 4

/** By which the guest is asked. Made by the set-up. */
function guestEventfd(words: number): Addr<'eventfd'> {
  return as(read(words + EVENTFD))
}

/** Prepares a guest. Set-up. Returns 0 or -ENOMEM. */
export function makeGuest(words: number): number {
  const trigger = as<'eventfd'>(alloc_boot(eventfd.words))
  eventfd_init(trigger)
  write(words + EVENTFD, trigger)
  return qstr_set_text(as(words + NAME), UUID)
}

/** Opens the first device, of IOMMU group 0, and asks to be asked. Returns 0 or a negative errno. */
export function guestOpens(words: number): number {
  const container = vfio_fops_open()
  const group = vfio_group_open(0)
  write(words + CONTAINER, container)
  if (group < 0) return group
  write(words + GROUP, group)
  const ret = vfio_ioctl_set_container(group, container) || vfio_ioctl_set_iommu(container, VFIO_TYPE1_IOMMU)
  if (ret !== 0) return ret
  const device = vfio_group_get_device_fd(group, as(words + NAME))
  if (device < 0) return device
  write(words + DEVICE, device)
  return vfio_device_set_req_irq(device, VFIO_PCI_REQ_IRQ_INDEX, guestEventfd(words))
}

/** Waits until he has been asked so often, or that many seconds are over. Returns how often he was asked. */
export function guestAsked(words: number, count: number, seconds: number): number {
  return eventfd_wait(guestEventfd(words), count, seconds * 1e9)
}

/** Maps the device's memory. Returns 0 or -EBADF. */
export function guestMaps(words: number): number {
  return vfio_device_fops_mmap(read(words + DEVICE))
}

/** Touches what he has mapped. Returns 0, or -EFAULT for a SIGBUS. */
export function guestTouches(words: number): number {
  return vfio_mapping_touch(read(words + DEVICE))
}

/** Closes all files, as his exit would. Returns 0 or a negative errno. */
export function guestCloses(words: number): number {
  return (
    vfio_device_fops_release(read(words + DEVICE)) ||
    vfio_group_fops_release(read(words + GROUP)) ||
    vfio_fops_release(read(words + CONTAINER))
  )
}
