/**
 * vfio_container: an address space that user space makes by opening /dev/vfio/vfio, and into which it puts groups.
 *
 * Invariant   a group on container->group_list holds a reference to the container, and its `container` is this one. The backend
 *             is chosen while the list is not empty and forgotten when it becomes so.
 * Order       container->group_lock is outer to nothing of ours. Detaching wakes who waits for the group to be free.
 * Context     may sleep.
 * Source      drivers/vfio/vfio.c, 5.15
 */
import { fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EINVAL, ENOMEM } from '../base/errno.ts'
import { INIT_LIST_HEAD, list_add, list_del, list_empty } from '../mem/list.ts'
import {
  down_write,
  init_rwsem,
  kref_get,
  kref_init,
  kref_put,
  up_write,
  wake_up_all,
} from '../sync/index.ts'
import { vfio_free, vfio_zalloc } from './globals.ts'
import { vfio_container, vfio_globals, vfio_group, type VfioContainer, type VfioGroup } from './types.ts'

const CACHE = vfio_globals.offset.container_cache
const DRIVER = vfio_container.offset.iommu_driver
const LIST = vfio_container.at.group_list
const LOCK = vfio_container.at.group_lock
const KREF = vfio_container.at.kref
const CONTAINER = vfio_group.offset.container
const USERS = vfio_group.offset.container_users
const LINK = vfio_group.at.container_next

/** Backends that a container can be given: values of VFIO_SET_IOMMU. */
export const VFIO_TYPE1_IOMMU = 1
export const VFIO_TYPE1v2_IOMMU = 3

/** Makes a container with one reference, or -ENOMEM. */
export function vfio_container_alloc(): number {
  const container = vfio_zalloc(CACHE, vfio_container)
  if (container === 0) return -ENOMEM
  kref_init(KREF(container))
  INIT_LIST_HEAD(LIST(container))
  init_rwsem(LOCK(container), '&container->group_lock')
  return container
}

function vfio_container_release(kref: Addr<'kref'>): void {
  vfio_free(CACHE, vfio_container, vfio_container.of.kref(kref))
}

/** Drops a reference. */
export function vfio_container_put(container: VfioContainer): void {
  kref_put(KREF(container), vfio_container_release)
}

/**
 * VFIO_SET_IOMMU: chooses the backend.
 * @returns 0, or -EINVAL: no group is in the container, it has a backend already, or there is no such backend
 */
export function vfio_container_set_iommu(container: VfioContainer, type: number): number {
  down_write(LOCK(container))
  const known = type === VFIO_TYPE1_IOMMU || type === VFIO_TYPE1v2_IOMMU
  const ok = known && !list_empty(LIST(container)) && READ_ONCE(container + DRIVER) === 0
  if (ok) WRITE_ONCE(container + DRIVER, type)
  up_write(LOCK(container))
  return ok ? 0 : -EINVAL
}

/** The group becomes a user of the container: container_users 1. The caller knows that it has none. */
export function vfio_container_attach(container: VfioContainer, group: VfioGroup): void {
  down_write(LOCK(container))
  WRITE_ONCE(group + CONTAINER, container)
  list_add(LINK(group), LIST(container))
  kref_get(KREF(container))
  fetch_add(group + USERS, 1)
  up_write(LOCK(container))
}

/** container_users has gone to 0: the group leaves. Whoever waits for it to be free is woken. */
export function vfio_container_detach(group: VfioGroup): void {
  const container = as<'vfio_container'>(READ_ONCE(group + CONTAINER))
  down_write(LOCK(container))
  WRITE_ONCE(group + CONTAINER, 0)
  list_del(LINK(group))
  if (list_empty(LIST(container))) WRITE_ONCE(container + DRIVER, 0)
  wake_up_all(vfio_group.at.container_q(group))
  up_write(LOCK(container))
  vfio_container_put(container)
}
