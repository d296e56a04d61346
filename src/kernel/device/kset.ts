/**
 * kset: a set of kobjects below one directory, with common uevent operations.
 *
 * Invariant   a member references its kset while it is on the list.
 * Order       list_lock is a leaf.
 * Source      lib/kobject.c
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { INIT_LIST_HEAD, kmem_cache_free, kmem_cache_zalloc } from '../../mem/index.ts'
import { spin_lock_init } from '../../sync/index.ts'
import { kobject_add_internal, kobject_del, kobject_init, kobject_put, kobject_set_name } from './kobject.ts'
import { kobject_globals, kobject_root } from './kobject_globals.ts'
import { kobj_types, kobject, kset, type Kobject, type Kset } from './kobject_struct.ts'
import { KOBJ_ADD } from '../uevent_record.ts'
import { kobject_uevent } from '../uevent.ts'

const LIST = kset.at.list
const { uevent_ops: UEVENT_OPS } = kset.offset
const PARENT = kobject.offset.parent

function cache(): Addr<'kmem_cache'> {
  return as(read(kobject_root() + kobject_globals.offset.kset_cache))
}

const kset_ktype = kobj_types.define('kset', {
  release: (kobj) => kmem_cache_free(cache(), kset, kobj),
})

/** Prepares a kset that is embedded in another object. */
export function kset_init(k: Kset, ktype: number): void {
  kobject_init(kset.at.kobj(k), ktype)
  spin_lock_init(kset.at.list_lock(k), '&k->list_lock')
  INIT_LIST_HEAD(LIST(k))
}

/** Adds an initialised kset with its name and parent set, and announces it. Returns 0 or a negative errno. */
export function kset_register(k: Kset): number {
  const error = kobject_add_internal(kset.at.kobj(k))
  if (error === 0) kobject_uevent(kset.at.kobj(k), KOBJ_ADD)
  return error
}

/**
 * Makes a kset with a directory.
 * @param uevent_ops id of the kset_uevent_ops, 0 for none
 * @param parent object whose directory holds it, NULL for /sys
 * @returns the kset or a negative errno
 */
export function kset_create_and_add(name: Addr<'qstr'>, uevent_ops: number, parent: Kobject): number {
  const k = name === 0 ? NULL : kmem_cache_zalloc(cache(), kset)
  if (k === 0) return -ENOMEM
  kset_init(k, kset_ktype)
  kobject_set_name(kset.at.kobj(k), name)
  write(k + UEVENT_OPS, uevent_ops)
  write(k + PARENT, parent)
  const error = kset_register(k)
  if (error === 0) return k
  kobject_put(kset.at.kobj(k))
  return error
}

/** Removes the directory and drops the reference of its maker. */
export function kset_unregister(k: Kset): void {
  kobject_del(kset.at.kobj(k))
  kobject_put(kset.at.kobj(k))
}
