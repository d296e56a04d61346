/**
 * A guest: the user who has an mdev open through VFIO, with a container of his own.
 *
 * Words   those of the scenario from GUEST on: a user's, and the name of his device.
 */
import { as } from '../../base/addr.ts'
import { qstr_set_text } from '../../kernel/qstr.ts'
import { eventfd_wait, vfio_device_fops_mmap, vfio_mapping_touch } from '../../vfio/index.ts'
import { UUID } from './shell.ts'
import {
  deviceFdOf,
  eventfdOf,
  makeUser,
  USER_WORDS,
  userClosesDevice,
  userClosesGroup,
  userOpens,
} from './vfio_user.ts'

const GUEST = 40
const NAME = GUEST + USER_WORDS

/** Prepares a guest. Set-up. Returns 0 or -ENOMEM. */
export function makeGuest(words: number): number {
  makeUser(words + GUEST)
  return qstr_set_text(as(words + NAME), UUID)
}

/** Opens the first device, of IOMMU group 0, and asks to be asked. Returns 0 or a negative errno. */
export function guestOpens(words: number): number {
  return userOpens(words + GUEST, as(words + NAME))
}

/** Waits until he has been asked so often, or that many seconds are over. Returns how often he was asked. */
export function guestAsked(words: number, count: number, seconds: number): number {
  return eventfd_wait(eventfdOf(words + GUEST), count, seconds * 1e9)
}

/** Maps the device's memory. Returns 0 or -EBADF. */
export function guestMaps(words: number): number {
  return vfio_device_fops_mmap(deviceFdOf(words + GUEST))
}

/** Touches what he has mapped. Returns 0, or -EFAULT for a SIGBUS. */
export function guestTouches(words: number): number {
  return vfio_mapping_touch(deviceFdOf(words + GUEST))
}

/** Closes all files, as his exit would. Returns 0 or a negative errno. */
export function guestCloses(words: number): number {
  return userClosesDevice(words + GUEST) || userClosesGroup(words + GUEST)
}
