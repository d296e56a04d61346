/**
 * cdev: a range of device numbers that can be opened.
 *
 * Invariant   a cdev is found by number exactly from cdev_add to cdev_del. Whoever has it open references its kobject,
 *             which references the parent (the device) and keeps the module: the object outlives cdev_del, and the file
 *             goes on calling its operations. Nothing tells them that the device is gone: that is the driver's affair,
 *             and what all the drivers of this folder's users differ by.
 * Order       cdev_lock is a leaf.
 * Context     add and del: may sleep. The last put runs the parent's release.
 * Source      fs/char_dev.c; the kernel's inodes cache the lookup, which here is always made
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { EBUSY, EINVAL, ENOMEM } from '../../base/errno.ts'
import {
  alloc_boot,
  embed,
  guarded_by,
  INIT_LIST_HEAD,
  kmem_cache_create,
  list_add_tail,
  list_del_init,
  list_empty,
  list_head,
  list_next,
  ptr,
  rootAddr,
  should_fail,
  struct,
  word,
} from '../../mem/index.ts'
import { spin_lock, spin_lock_init, spin_unlock, spinlock } from '../../sync/index.ts'
import { cdev, file, MAJOR, type Cdev } from './cdev_struct.ts'
import { poll_tables_alloc } from './chardev_poll.ts'
import { kobject_get, kobject_get_unless_zero, kobject_init, kobject_put } from '../device/kobject.ts'
import { kobj_types, kobject, type Kobject } from '../device/kobject_struct.ts'
import { module_put, try_module_get } from '../module.ts'
import { WARN } from '../oops.ts'

const C = cdev.offset
const KOBJ = cdev.at.kobj
const ENTRY = cdev.at.entry
const PARENT = kobject.offset.parent
const BUCKETS = 64

export const cdev_globals = struct('cdev_globals', {
  cdev_lock: embed(spinlock),
  /** Lists of cdevs by major. */
  buckets: guarded_by('cdev_lock', word),
  /** Majors given out: bit n stands for LAST_MAJOR - n. */
  majors: guarded_by('cdev_lock', word),
  file_cache: ptr('kmem_cache'),
  /** Polls of all CPUs. */
  polls: word,
  /** Cdevs with a node in /dev. */
  nodes: guarded_by('cdev_lock', embed(list_head)),
})
const ROOT = rootAddr('cdev')
const G = cdev_globals.offset
/** Majors are given out from here down, the highest free one first. */
const LAST_MAJOR = 254
const MAJORS = 21

/** Prepares the globals. Boot CPU only. Returns false when the arena is full. */
export function chrdev_init(): boolean {
  const g = alloc_boot(cdev_globals.words)
  const buckets = alloc_boot(BUCKETS * list_head.words)
  const cache = kmem_cache_create(file)
  const polls = poll_tables_alloc()
  if (g === 0 || buckets === 0 || cache === 0 || polls === 0) return false
  spin_lock_init(cdev_globals.at.cdev_lock(as(g)), 'cdev_lock')
  for (let i = 0; i < BUCKETS; i++) INIT_LIST_HEAD(as(buckets + i * list_head.words))
  INIT_LIST_HEAD(cdev_globals.at.nodes(as(g)))
  write(g + G.buckets, buckets)
  write(g + G.file_cache, cache)
  write(g + G.polls, polls)
  write(ROOT, g)
  return true
}

/** Globals of character devices. */
export function cdev_root(): Addr<'cdev_globals'> {
  return as(read(ROOT))
}

/** The lock of all lists. */
export function cdev_lock(): Addr<'spinlock'> {
  return cdev_globals.at.cdev_lock(cdev_root())
}

/** Takes a major number of one's own: the highest free one, or -EBUSY if none is left. */
export function register_chrdev_region(): number {
  spin_lock(cdev_lock())
  const taken = read(cdev_root() + G.majors)
  const free = ~taken & -~taken
  const found = free > 0 && free < 1 << MAJORS
  if (found) write(cdev_root() + G.majors, taken | free)
  spin_unlock(cdev_lock())
  return found ? LAST_MAJOR - (31 - Math.clz32(free)) : -EBUSY
}

/** Gives it back. */
export function unregister_chrdev_region(major: number): void {
  spin_lock(cdev_lock())
  write(cdev_root() + G.majors, read(cdev_root() + G.majors) & ~(1 << (LAST_MAJOR - major)))
  spin_unlock(cdev_lock())
}

const cdev_ktype = kobj_types.define('cdev_default', {
  release: (kobj) => {
    // The parent's release may free the memory this cdev lives in: nothing of it is touched afterwards.
    kobject_put(as(read(kobj + PARENT)))
  },
})

/**
 * Prepares a zeroed or released cdev: one reference. One that is still open is reported (kobject_init): its files would lose it.
 * Source: "usb: gadget: f_hid: don't call cdev_init while cdev in use", 20260327192209.59945-1-sigmaepsilon92@gmail.com.
 * @param ops id of file_operations
 * @param owner module of the code, NULL for built-in
 */
export function cdev_init(cd: Cdev, ops: number, owner: Addr<'module'> = NULL): void {
  kobject_init(KOBJ(cd), cdev_ktype)
  INIT_LIST_HEAD(ENTRY(cd))
  INIT_LIST_HEAD(cdev.at.node(cd))
  write(cd + C.ops, ops)
  write(cd + C.owner, owner)
}

/** Lets the cdev pin `parent` for as long as itself is referenced. Before cdev_add. */
export function cdev_set_parent(cd: Cdev, parent: Kobject): void {
  write(KOBJ(cd) + PARENT, parent)
}

function bucket(devt: number): Addr<'list_head'> {
  return as(read(cdev_root() + G.buckets) + (MAJOR(devt) & (BUCKETS - 1)) * list_head.words)
}

function __find(devt: number): Cdev {
  const head = bucket(devt)
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const cd = cdev.of.entry(at)
    const first = read(cd + C.dev)
    if (devt >= first && devt < first + read(cd + C.count)) return cd
  }
  return NULL
}

/** True if a number of the range belongs to a cdev. */
function __taken(devt: number, count: number): boolean {
  const head = bucket(devt)
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const cd = cdev.of.entry(at)
    const first = read(cd + C.dev)
    if (first < devt + count && devt < first + read(cd + C.count)) return true
  }
  return false
}

/**
 * Makes the cdev live: it can be opened before this returns.
 * @returns 0, -EINVAL, -ENOMEM, or -EBUSY: a number of the range is taken (in Linux register_chrdev_region says so), or the first
 *   one is 0:0, which no device has (with a warning; "vfs: allow unprivileged whiteout creation", a3c751a50fe6)
 */
export function cdev_add(cd: Cdev, devt: number, count: number): number {
  if (count < 1) return -EINVAL
  if (devt === 0) {
    WARN('cdev_add: 0:0 is no device number')
    return -EBUSY
  }
  if (should_fail()) return -ENOMEM
  spin_lock(cdev_lock())
  const busy = __taken(devt, count)
  if (!busy) {
    write(cd + C.dev, devt)
    write(cd + C.count, count)
    list_add_tail(ENTRY(cd), bucket(devt))
  }
  spin_unlock(cdev_lock())
  if (busy) return -EBUSY
  kobject_get(as(read(KOBJ(cd) + PARENT)))
  return 0
}

/** Takes the number away and drops the first reference. Open files go on. */
export function cdev_del(cd: Cdev): void {
  spin_lock(cdev_lock())
  if (!list_empty(ENTRY(cd))) list_del_init(ENTRY(cd))
  spin_unlock(cdev_lock())
  kobject_put(KOBJ(cd))
}

/** cdev of a number, referenced together with its module; NULL if there is none or it is going. */
export function cdev_find_get(devt: number): Cdev {
  spin_lock(cdev_lock())
  const cd = __find(devt)
  const got = cd !== 0 && cdev_get(cd)
  spin_unlock(cdev_lock())
  return got ? cd : NULL
}

function cdev_get(cd: Cdev): boolean {
  const owner = as<'module'>(read(cd + C.owner))
  if (!try_module_get(owner)) return false
  if (kobject_get_unless_zero(KOBJ(cd)) !== 0) return true
  module_put(owner)
  return false
}

/** Drops what cdev_find_get took. */
export function cdev_put(cd: Cdev): void {
  const owner = as<'module'>(read(cd + C.owner))
  kobject_put(KOBJ(cd))
  module_put(owner)
}
