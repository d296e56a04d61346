/**
 * vfio_group: what user space gets, made when the first device of an IOMMU group is registered and gone with the last reference.
 *
 * Invariant   a group is on vfio.group_list exactly from the end of its creation to its last put, both with group_lock held; so
 *             a lookup under the lock may take a reference. Its block is on the IOMMU group's chain for a little longer at
 *             either end: the two fringe windows, in which a callback finds it idle and empty.
 * Order       the chain's rwsem is taken outside group_lock: a callback that takes group_lock (until 63b150fde7a2) holds the
 *             rwsem already.
 * Context     may sleep. The last put must not be made from a callback of the chain: it unregisters the block.
 * Source      vfio_create_group, vfio_group_put, vfio_group_release, 5.15 and 5.16
 */
import { read, READ_ONCE, write } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EINVAL, ENOMEM } from '../base/errno.ts'
import type { Device } from '../kernel/device/device_struct.ts'
import { WARN } from '../kernel/oops.ts'
import { INIT_LIST_HEAD, list_add, list_del, list_empty, list_next } from '../mem/list.ts'
import {
  BLOCKING_INIT_NOTIFIER_HEAD,
  blocking_notifier_head,
  init_waitqueue_head,
  kref_get,
  kref_init,
  kref_put_mutex,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  notifier_block_init,
} from '../sync/index.ts'
import {
  vfio_alloc_group_minor,
  vfio_free,
  vfio_free_group_minor,
  vfio_group_list,
  vfio_group_lock,
  vfio_group_of_minor,
  vfio_root,
  vfio_zalloc,
} from './globals.ts'
import { vfio_group_node_create, vfio_group_node_destroy } from './group_node.ts'
import {
  iommu_group_get,
  iommu_group_id,
  iommu_group_put,
  iommu_group_register_notifier,
  iommu_group_unregister_notifier,
} from './iommu_group.ts'
import type { IommuGroup } from './iommu_struct.ts'
import { VFIO_GROUP_NB } from './notifier/events.ts'
import { group_notifiers, type GroupNotifier } from './notifier/notifier.ts'
import { vfio_globals, vfio_group, type VfioGroup } from './types.ts'

const G = vfio_globals.offset
const { iommu_group: IOMMU_GROUP, minor: MINOR } = vfio_group.offset
const KREF = vfio_group.at.kref
const NB = vfio_group.at.nb
const LINK = vfio_group.at.vfio_next
const ofLink = vfio_group.of.vfio_next

function member(): GroupNotifier {
  return group_notifiers.get(read(vfio_root() + G.notifier))
}

/** Number of a group's IOMMU group. */
export function vfio_group_id(group: VfioGroup): number {
  return iommu_group_id(as(read(group + IOMMU_GROUP)))
}

/** Adds a reference. The caller has one, or holds group_lock and found the group in the list. */
export function vfio_group_get(group: VfioGroup): void {
  kref_get(KREF(group))
}

/** Drops a reference. The last one takes the group apart and waits for callbacks of its chain. */
export function vfio_group_put(group: VfioGroup): void {
  kref_put_mutex(KREF(group), vfio_group_release, vfio_group_lock(vfio_group_id(group)))
}

/** With group_lock held, which it drops. */
function vfio_group_release(kref: Addr<'kref'>): void {
  trace_enter('vfio_group_release')
  const group = vfio_group.of.kref(kref)
  const iommu_group = as<'iommu_group'>(read(group + IOMMU_GROUP))
  if (!list_empty(vfio_group.at.device_list(group))) WARN('vfio_group_release: device_list is not empty')
  if (read(blocking_notifier_head.at.chain(vfio_group.at.notifier(group))) !== 0) {
    WARN('vfio_group_release: somebody is registered on the notifier of the group')
  }
  member().release(group)
  vfio_group_node_destroy(group)
  list_del(LINK(group))
  vfio_free_group_minor(read(group + MINOR))
  vfio_group_unlock_and_free(group)
  iommu_group_put(iommu_group)
  trace_leave('vfio_group_release')
}

/** A callback that comes late is harmless: the group is not in the list any more, idle and empty. */
function vfio_group_unlock_and_free(group: VfioGroup): void {
  mutex_unlock(vfio_group_lock(vfio_group_id(group)))
  trace_point('vfio_group_unlock_and_free:unlocked')
  iommu_group_unregister_notifier(as(read(group + IOMMU_GROUP)), NB(group))
  member().free(group)
  vfio_free(G.group_cache, vfio_group, group)
}

/** Group of the IOMMU group in the list, NULL if there is none. group_lock is held. */
function __vfio_group_find(iommu_group: IommuGroup): VfioGroup {
  const head = vfio_group_list(iommu_group_id(iommu_group))
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    if (read(ofLink(at) + IOMMU_GROUP) === iommu_group) return ofLink(at)
  }
  return NULL
}

function vfio_group_get_from_iommu(iommu_group: IommuGroup): VfioGroup {
  const lock = vfio_group_lock(iommu_group_id(iommu_group))
  mutex_lock(lock)
  const group = __vfio_group_find(iommu_group)
  if (group !== 0) vfio_group_get(group)
  mutex_unlock(lock)
  return group
}

/** The pointer is compared with the list, not followed; referenced if it is there. What the callback did until 63b150fde7a2 (5.16). */
export function vfio_group_try_get(target: VfioGroup, id: number): boolean {
  const head = vfio_group_list(id)
  let found = false
  mutex_lock(vfio_group_lock(id))
  for (let at = list_next(head); at !== head && !found; at = list_next(at)) found = ofLink(at) === target
  if (found) vfio_group_get(target)
  mutex_unlock(vfio_group_lock(id))
  return found
}

/** Group of a minor, referenced; NULL if there is none. */
export function vfio_group_get_from_minor(minor: number): VfioGroup {
  mutex_lock(vfio_group_lock(minor))
  const group = vfio_group_of_minor(minor)
  if (group !== 0) vfio_group_get(group)
  mutex_unlock(vfio_group_lock(minor))
  return group
}

function vfio_group_alloc(iommu_group: IommuGroup): VfioGroup {
  const group = vfio_zalloc(G.group_cache, vfio_group)
  if (group === 0) return NULL
  kref_init(KREF(group))
  INIT_LIST_HEAD(vfio_group.at.device_list(group))
  mutex_init(vfio_group.at.device_lock(group), '&group->device_lock')
  INIT_LIST_HEAD(vfio_group.at.unbound_list(group))
  mutex_init(vfio_group.at.unbound_lock(group), '&group->unbound_lock')
  init_waitqueue_head(vfio_group.at.container_q(group))
  BLOCKING_INIT_NOTIFIER_HEAD(vfio_group.at.notifier(group), '&vfio_group->notifier')
  notifier_block_init(NB(group), VFIO_GROUP_NB)
  write(group + IOMMU_GROUP, iommu_group)
  return group
}

/** Takes over the caller's reference to the IOMMU group. Returns the group, or a negative errno. */
function vfio_create_group(iommu_group: IommuGroup): number {
  const group = vfio_group_alloc(iommu_group)
  if (group === 0) {
    iommu_group_put(iommu_group)
    return -ENOMEM
  }
  if (!member().underLock) iommu_group_register_notifier(iommu_group, NB(group))
  trace_point('vfio_create_group:registered')
  mutex_lock(vfio_group_lock(iommu_group_id(iommu_group)))
  if (member().underLock) iommu_group_register_notifier(iommu_group, NB(group))
  const raced = __vfio_group_find(iommu_group)
  const ret = raced === 0 ? add_group(group, iommu_group_id(iommu_group)) : raced
  if (ret === group) {
    mutex_unlock(vfio_group_lock(iommu_group_id(iommu_group)))
    return group
  }
  if (raced !== 0) vfio_group_get(raced)
  vfio_group_unlock_and_free(group)
  iommu_group_put(iommu_group)
  return ret
}

/** Number, device node, list. group_lock is held. Returns the group or a negative errno. */
function add_group(group: VfioGroup, id: number): number {
  const minor = vfio_alloc_group_minor(group, id)
  if (minor < 0) return minor
  write(group + MINOR, minor)
  const error = vfio_group_node_create(group)
  if (error !== 0) {
    vfio_free_group_minor(minor)
    return error
  }
  trace_point('vfio_create_group:before_list')
  list_add(LINK(group), vfio_group_list(id))
  return group
}

/**
 * The group of a device, made if it is the first. Returns it referenced, -EINVAL for a device without an IOMMU group, or a
 * negative errno.
 */
export function vfio_group_find_or_alloc(dev: Device): number {
  const iommu_group = iommu_group_get(dev)
  if (iommu_group === 0) return -EINVAL
  const group = vfio_group_get_from_iommu(iommu_group)
  if (group === 0) return vfio_create_group(iommu_group)
  // The group has a reference of its own.
  iommu_group_put(iommu_group)
  return group
}

/** Users of the group's container: 0 for an idle group. */
export function vfio_group_users(group: VfioGroup): number {
  return READ_ONCE(group + vfio_group.offset.container_users)
}
