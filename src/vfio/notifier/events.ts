/**
 * vfio_iommu_group_notifier: what a vfio group does when its IOMMU group gains or loses a device or a driver.
 *
 *   ADD_DEVICE       idle group: nothing. Live group: a warning; the device is not vfio's.
 *   DEL_DEVICE       nothing: the driver that offered it had to block until nobody used it
 *   BOUND_DRIVER     idle group: nothing. Live group: the device must not spoil it, or host and user drive one group: BUG.
 *   UNBOUND_DRIVER   forgets the device on unbound_list
 *   others           nothing
 *
 * Context   under the read side of the IOMMU group's chain; may sleep.
 * Source    drivers/vfio/vfio.c, 5.15
 */
import { fetch_or, read, READ_ONCE } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { dev_name } from '../../kernel/device/device.ts'
import type { Device } from '../../kernel/device/device_struct.ts'
import { oops, WARN } from '../../kernel/oops.ts'
import { list_del, list_next } from '../../mem/list.ts'
import { mutex_lock, mutex_unlock, notifiers, NOTIFY_OK } from '../../sync/index.ts'
import { vfio_device_put, vfio_group_get_device } from '../device.ts'
import { vfio_free, vfio_root } from '../globals.ts'
import { iommu_group_id } from '../iommu_group.ts'
import {
  IOMMU_GROUP_NOTIFY_ADD_DEVICE,
  IOMMU_GROUP_NOTIFY_BOUND_DRIVER,
  IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER,
} from '../iommu_struct.ts'
import { vfio_globals, vfio_group, vfio_unbound_dev, type VfioGroup } from '../types.ts'
import { vfio_dev_viable } from '../viable.ts'
import { group_notifiers } from './notifier.ts'

const G = vfio_globals.offset
const USERS = vfio_group.offset.container_users
const DEV = vfio_unbound_dev.offset.dev

function vfio_group_nb_add_dev(group: VfioGroup, dev: Device): void {
  const known = vfio_group_get_device(group, dev)
  if (known !== 0) {
    if (fetch_or(vfio_root() + G.warned_add, 1) === 0) {
      WARN('vfio_group_nb_add_dev: %N is registered before it joins its IOMMU group', dev_name(dev))
    }
    return vfio_device_put(known)
  }
  if (READ_ONCE(group + USERS) === 0) return
  const id = iommu_group_id(as(read(group + vfio_group.offset.iommu_group)))
  WARN(`%N: Device added to live group ${id}!`, dev_name(dev))
}

/** A host driver has taken a device of a group that user space owns: there is no way back. */
function vfio_group_nb_verify(group: VfioGroup, dev: Device): void {
  if (READ_ONCE(group + USERS) === 0 || vfio_dev_viable(dev, group) === 0) return
  oops('kernel BUG at drivers/vfio/vfio.c!', 0, dev_name(dev))
}

function vfio_group_nb_unbound(group: VfioGroup, dev: Device): void {
  const head = vfio_group.at.unbound_list(group)
  const lock = vfio_group.at.unbound_lock(group)
  mutex_lock(lock)
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const unbound = vfio_unbound_dev.of.unbound_next(at)
    if (read(unbound + DEV) !== dev) continue
    list_del(at)
    vfio_free(G.unbound_cache, vfio_unbound_dev, unbound)
    break
  }
  mutex_unlock(lock)
}

function handle(group: VfioGroup, event: number, dev: Device): void {
  if (event === IOMMU_GROUP_NOTIFY_ADD_DEVICE) vfio_group_nb_add_dev(group, dev)
  else if (event === IOMMU_GROUP_NOTIFY_BOUND_DRIVER) vfio_group_nb_verify(group, dev)
  else if (event === IOMMU_GROUP_NOTIFY_UNBOUND_DRIVER) vfio_group_nb_unbound(group, dev)
}

function vfio_iommu_group_notifier(nb: Addr<'notifier_block'>, event: number, data: number): number {
  trace_enter('vfio_iommu_group_notifier')
  const group = vfio_group.of.nb(nb)
  const member = group_notifiers.get(read(vfio_root() + G.notifier))
  if (member.get(group)) {
    trace_point('vfio_iommu_group_notifier:got')
    handle(group, event, as(data))
    trace_point('vfio_iommu_group_notifier:put')
    member.put(group)
  }
  trace_leave('vfio_iommu_group_notifier')
  return NOTIFY_OK
}

/** Id of the callback. */
export const VFIO_GROUP_NB: number = notifiers.define('vfio_iommu_group_notifier', vfio_iommu_group_notifier)
