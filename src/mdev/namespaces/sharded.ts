/**
 * sharded: placeholder, with mdev_list split into buckets by uuid, each with its own lock.
 *
 * Invariant    as placeholder, per bucket; a uuid always hashes to the same bucket, so uniqueness stays global.
 *              The bucket of a device is known from its uuid only, so who looks for it holds a reference to it.
 * Order        a bucket's lock is a leaf, except that allocation happens under it.
 * Source       ours: what is left of the argument of 2018 when the list itself is no longer one.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { EAGAIN, EEXIST, ENODEV, ENOMEM } from '../../base/errno.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { INIT_LIST_HEAD, list_add, list_del, list_empty } from '../../mem/list.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { mdev_device, mdev_globals } from '../types.ts'
import { alloc_mdev, find_uuid, in_list, mdev_link } from './list.ts'
import type { Namespace } from './namespace.ts'

/** Buckets, where nothing else is said; and devices that one may have on average. */
const BUCKETS = 64
const LOAD = 1
/** Words of a bucket: list head, lock, padding to whole cache lines. */
const STRIDE = Math.ceil((2 + mutex.words) / CACHE_LINE_WORDS) * CACHE_LINE_WORDS
const ROOT = rootAddr('mdev')
const BASE = mdev_globals.offset.buckets
const MASK = mdev_globals.offset.bucket_mask
const UUID = mdev_device.offset.uuid
const ACTIVE = mdev_device.offset.active
/** Value of `active` of a device that has an owner of its removal: unlike one that is being made, it never becomes 1 again. */
const LEAVING = 2

function bucket(uuid: number): number {
  const hash =
    read(uuid) ^ Math.imul(read(uuid + 1), 0x9e37) ^ read(uuid + 2) ^ Math.imul(read(uuid + 3), 0x79b9)
  const g = read(ROOT)
  return read(g + BASE) + ((hash ^ (hash >>> 15)) & read(g + MASK)) * STRIDE
}

/** Lock of a bucket. */
function lock_of(at: number): Addr<'mutex'> {
  return as(at + 2)
}

/** Buckets of a machine that is to hold so many devices. */
function bucketCount(devices: number): number {
  return Math.max(BUCKETS, 2 ** Math.ceil(Math.log2(Math.max(1, devices / LOAD))))
}

/** Words of the buckets. */
export function sharded_words(devices: number): number {
  return bucketCount(devices) * STRIDE
}

/** Makes the buckets for so many devices. Boot CPU. Returns 0 or -ENOMEM. */
export function sharded_init(devices: number): number {
  const count = bucketCount(devices)
  const base = alloc_boot(count * STRIDE)
  if (base === 0) return -ENOMEM
  for (let i = 0; i < count; i++) {
    INIT_LIST_HEAD(as(base + i * STRIDE))
    mutex_init(lock_of(base + i * STRIDE), '&mdev_bucket[i].lock')
  }
  write(read(ROOT) + MASK, count - 1)
  WRITE_ONCE(read(ROOT) + BASE, base)
  return 0
}

/** Number of devices in all buckets is zero. For the invariants at the end of a run. */
export function sharded_empty(): boolean {
  const base = read(read(ROOT) + BASE)
  if (base === 0) return true
  for (let i = 0; i <= read(read(ROOT) + MASK); i++) if (!list_empty(as(base + i * STRIDE))) return false
  return true
}

export const sharded: Namespace = {
  name: 'sharded',
  locksList: true,
  serialises: 'nothing',
  listsUnfinished: true,
  findsByReference: true,
  seesAllParents: true,
  claim(parent, uuid) {
    const at = bucket(uuid)
    mutex_lock(lock_of(at))
    const mdev = find_uuid(as(at), uuid) !== 0 ? -EEXIST : alloc_mdev(parent, uuid)
    if (mdev > 0) list_add(mdev_link(as(mdev)), as(at))
    mutex_unlock(lock_of(at))
    return mdev
  },
  settle(mdev) {
    WRITE_ONCE(mdev + ACTIVE, 1)
  },
  unfinished: (mdev) => READ_ONCE(mdev + ACTIVE) === 0,
  abandon() {},
  find(mdev) {
    const at = bucket(mdev + UUID)
    mutex_lock(lock_of(at))
    let ret = -ENODEV
    if (in_list(as(at), mdev)) ret = READ_ONCE(mdev + ACTIVE) === 1 ? 0 : -EAGAIN
    if (ret === 0) WRITE_ONCE(mdev + ACTIVE, LEAVING)
    mutex_unlock(lock_of(at))
    return ret
  },
  restore(mdev) {
    WRITE_ONCE(mdev + ACTIVE, 1)
  },
  commit() {},
  retire() {},
  release(mdev) {
    const at = bucket(mdev + UUID)
    mutex_lock(lock_of(at))
    list_del(mdev_link(mdev))
    mutex_unlock(lock_of(at))
  },
}
