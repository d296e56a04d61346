/**
 * Instances of devlink come and go.
 *
 * Invariant   an instance is on the list exactly while it is registered. Who has found it there under devlink_mutex may use
 *             it as long as that is held, or holds a reference.
 * Order       devlink_register and devlink_unregister take devlink_mutex (and, with locks per instance, that of their own
 *             first): a driver that calls them under a lock puts that lock outside. In 2019 a driver that calls them from
 *             inside a request waits for itself.
 * Context     process, may sleep.
 * Source      net/core/devlink.c (devlink_alloc, devlink_register, devlink_unregister)
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { INIT_LIST_HEAD, list_add_tail, list_del, list_next } from '../../mem/list.ts'
import { kmem_cache_create, kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import {
  down_write,
  init_rwsem,
  kref_get,
  kref_init,
  kref_put,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  up_write,
} from '../../sync/index.ts'
import { devlink, devlink_globals, type Devlink } from './types.ts'

const ROOT = rootAddr('devlink')
const G = devlink_globals.offset
const D = devlink.offset
const ref = devlink.at.ref
/** Each has a class of its own, as lockdep_register_key gives it. */
const CLASSES = ['&devlink->lock_key', '&devlink->lock_key#2'] as const

/** The globals. */
export function devlink_root(): Addr<'devlink_globals'> {
  return as(read(ROOT))
}

/** devlink_mutex. */
export function devlink_mutex(): Addr<'mutex'> {
  return devlink_globals.at.devlink_mutex(devlink_root())
}

/** True if requests hold the lock of their instance instead of devlink_mutex. */
export function devlink_per_instance(): boolean {
  return read(devlink_root() + G.per_instance) === 1
}

/** Prepares devlink and its netlink family. Boot CPU. Returns 0 or -ENOMEM. */
export function devlink_init(): number {
  const g = alloc_boot(devlink_globals.words) as Addr<'devlink_globals'>
  if (g === 0) return -ENOMEM
  init_rwsem(devlink_globals.at.cb_lock(g), 'cb_lock')
  mutex_init(devlink_globals.at.genl_mutex(g), 'genl_mutex')
  mutex_init(devlink_globals.at.devlink_mutex(g), 'devlink_mutex')
  INIT_LIST_HEAD(devlink_globals.at.list(g))
  write(g + G.cache, kmem_cache_create(devlink))
  write(ROOT, g)
  genl_register_family(g)
  return read(g + G.cache) === 0 ? -ENOMEM : 0
}

/** genl_lock_all: nobody is in a request while a family registers. */
function genl_register_family(g: Addr<'devlink_globals'>): void {
  down_write(devlink_globals.at.cb_lock(g))
  mutex_lock(devlink_globals.at.genl_mutex(g))
  mutex_unlock(devlink_globals.at.genl_mutex(g))
  up_write(devlink_globals.at.cb_lock(g))
}

/**
 * Makes an instance with one reference, which devlink_free drops.
 * @param ops id of devlink_ops
 * @param nested 1 for an instance below another: a lock class of its own
 * @returns the instance, or -ENOMEM
 */
export function devlink_alloc(dev: Addr<'device'>, ops: number, data: number, nested: 0 | 1): number {
  const made = kmem_cache_zalloc(as<'kmem_cache'>(read(devlink_root() + G.cache)), devlink)
  if (made === 0) return -ENOMEM
  kref_init(ref(made))
  mutex_init(devlink.at.lock(made), CLASSES[nested])
  write(made + D.dev, dev)
  write(made + D.ops, ops)
  write(made + D.data, data)
  return made
}

/** Lists an instance: from here on requests find it. */
export function devlink_register(dl: Devlink): void {
  trace_enter('devlink_register')
  mutex_lock(devlink_mutex())
  write(dl + D.registered, 1)
  list_add_tail(devlink.at.node(dl), devlink_globals.at.list(devlink_root()))
  mutex_unlock(devlink_mutex())
  trace_leave('devlink_register')
}

/** Takes it off the list, after the request that may be running on it. */
export function devlink_unregister(dl: Devlink): void {
  trace_enter('devlink_unregister')
  const own = devlink_per_instance()
  if (own) mutex_lock(devlink.at.lock(dl))
  mutex_lock(devlink_mutex())
  write(dl + D.registered, 0)
  list_del(devlink.at.node(dl))
  mutex_unlock(devlink_mutex())
  if (own) mutex_unlock(devlink.at.lock(dl))
  trace_leave('devlink_unregister')
}

function devlink_release(kref: Addr<'kref'>): void {
  kmem_cache_free(as(read(devlink_root() + G.cache)), devlink, devlink.of.ref(kref))
}

/** Drops the owner's reference. The instance is not registered. */
export function devlink_free(dl: Devlink): void {
  devlink_put(dl)
}

/** Drops a reference. */
export function devlink_put(dl: Devlink): void {
  kref_put(ref(dl), devlink_release)
}

/** Instance of a device with a reference, or NULL. devlink_mutex is held. */
export function devlink_get_from_dev(dev: Addr<'device'>): Devlink {
  const head = devlink_globals.at.list(devlink_root())
  for (let node = list_next(head); node !== head; node = list_next(node)) {
    const dl = devlink.of.node(node)
    if (read(dl + D.dev) !== dev) continue
    kref_get(ref(dl))
    return dl
  }
  return NULL
}

/** Instances that are listed. For checks and tests. */
export function devlink_count(): number {
  const head = devlink_globals.at.list(devlink_root())
  let count = 0
  for (let node = list_next(head); node !== head; node = list_next(node)) count++
  return count
}
