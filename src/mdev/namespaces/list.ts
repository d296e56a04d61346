/**
 * What the members share: comparing uuids, walking mdev_list, allocating a device.
 *
 * Context   the caller holds the lock that guards the list.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { rootAddr } from '../../mem/arena.ts'
import { list_next } from '../../mem/list.ts'
import { kmem_cache_zalloc } from '../../mem/slab.ts'
import { mdev_device, mdev_globals } from '../types.ts'

const ROOT = rootAddr('mdev')
const UUID = mdev_device.offset.uuid
const NEXT = mdev_device.offset.next
const PARENT = mdev_device.offset.parent
const LIST_LOCK = mdev_globals.offset.mdev_list_lock
const LIST = mdev_globals.offset.mdev_list
const CACHE = mdev_globals.offset.device_cache

/** The global lock of the list of all mdevs. */
export function mdev_list_lock(): Addr<'mutex'> {
  return as(read(ROOT) + LIST_LOCK)
}

/** Head of the list of all mdevs. */
export function mdev_list(): Addr<'list_head'> {
  return as(read(ROOT) + LIST)
}

/** Link of a device in the list. */
export function mdev_link(mdev: number): Addr<'list_head'> {
  return as(mdev + NEXT)
}

/** True if the four words at both addresses are equal. */
export function uuid_equal(a: number, b: number): boolean {
  return (
    read(a) === read(b) &&
    read(a + 1) === read(b + 1) &&
    read(a + 2) === read(b + 2) &&
    read(a + 3) === read(b + 3)
  )
}

/** Walks a list for a uuid. Returns the device, or 0. */
export function find_uuid(head: Addr<'list_head'>, uuid: number): Addr<'mdev_device'> {
  for (let node = list_next(head); node !== head; node = list_next(node)) {
    const mdev = node - NEXT
    if (uuid_equal(mdev + UUID, uuid)) return as(mdev)
  }
  return as(0)
}

/** True if the pointer is in the list: it is compared, not followed. */
export function in_list(head: Addr<'list_head'>, mdev: number): boolean {
  for (let node = list_next(head); node !== head; node = list_next(node))
    if (node - NEXT === mdev) return true
  return false
}

/** A device with its uuid and parent filled in and all else zero. Returns it, or -ENOMEM. */
export function alloc_mdev(parent: number, uuid: number): number {
  const mdev = kmem_cache_zalloc(as<'kmem_cache'>(read(read(ROOT) + CACHE)), mdev_device)
  if (mdev === 0) return -ENOMEM
  for (let i = 0; i < 4; i++) write(mdev + UUID + i, read(uuid + i))
  write(mdev + PARENT, parent)
  return mdev
}
