/**
 * vfio_device: a device that a driver offers to user space, and its references.
 *
 * Invariant   refcount is 1 for the registration plus one per open file and per lookup while it lasts; whoever drops the last
 *             one completes `comp`, for which the unregistering task waits. So nobody uses a device when unregistration has
 *             returned.
 * Order       group->device_lock is a leaf.
 * Source      drivers/vfio/vfio.c, 5.15
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { dev_name } from '../kernel/device/device.ts'
import type { Device } from '../kernel/device/device_struct.ts'
import { name_eq } from '../kernel/qstr.ts'
import { list_next } from '../mem/list.ts'
import {
  complete,
  init_completion,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  refcount_dec_and_test,
  refcount_inc_not_zero,
} from '../sync/index.ts'
import { vfio_device, vfio_group, type VfioDevice, type VfioGroup } from './types.ts'

const { dev: DEV, ops: OPS, priv: PRIV } = vfio_device.offset
const REFCOUNT = vfio_device.at.refcount
const LIST = vfio_group.at.device_list
const LOCK = vfio_group.at.device_lock
const ofNext = vfio_device.of.group_next

/**
 * Prepares a device whose memory is zeroed.
 * @param ops id of vfio_device_ops
 * @param priv the driver's own word
 */
export function vfio_init_group_dev(device: VfioDevice, dev: Device, ops: number, priv: number): void {
  init_completion(vfio_device.at.comp(device))
  mutex_init(vfio_device.at.dev_set_lock(device), '&device->dev_set->lock')
  write(device + DEV, dev)
  write(device + OPS, ops)
  write(device + PRIV, priv)
}

/** Adds a reference unless the last one is gone. */
export function vfio_device_try_get(device: VfioDevice): boolean {
  return refcount_inc_not_zero(REFCOUNT(device))
}

/** Drops a reference. After the last one the device may be gone. */
export function vfio_device_put(device: VfioDevice): void {
  if (refcount_dec_and_test(REFCOUNT(device))) complete(vfio_device.at.comp(device))
}

/** The group's vfio device of a device, referenced; NULL if there is none. */
export function vfio_group_get_device(group: VfioGroup, dev: Device): VfioDevice {
  const head = LIST(group)
  let found: VfioDevice = NULL
  mutex_lock(LOCK(group))
  for (let at = list_next(head); at !== head && found === 0; at = list_next(at)) {
    const device = ofNext(at)
    if (read(device + DEV) === dev && vfio_device_try_get(device)) found = device
  }
  mutex_unlock(LOCK(group))
  return found
}

/** The group's device of that name, referenced; NULL if there is none. */
export function vfio_device_get_from_name(group: VfioGroup, name: Addr<'qstr'>): VfioDevice {
  const head = LIST(group)
  let found: VfioDevice = NULL
  mutex_lock(LOCK(group))
  for (let at = list_next(head); at !== head && found === 0; at = list_next(at)) {
    const device = ofNext(at)
    if (name_eq(dev_name(as(read(device + DEV))), name) && vfio_device_try_get(device)) found = device
  }
  mutex_unlock(LOCK(group))
  return found
}
