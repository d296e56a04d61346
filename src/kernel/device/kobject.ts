/**
 * kobject: a reference-counted object with a name, a place in a hierarchy and a directory in sysfs.
 *
 * Invariant   a kobject in sysfs references its parent and its kset. Its memory lives until the last reference is put;
 *             the release of its ktype frees it, in whatever task puts last.
 * Order       kset->list_lock and the tree lock of kernfs are inner to everything here.
 * Context     sleeps, except get. A put may run a release, which may take any lock.
 * Source      lib/kobject.c
 */
import { data_race, fetch_and, fetch_or, read, READ_ONCE, write } from '#access'
import { as, NULL, type Addr } from '../../base/addr.ts'
import { EEXIST, EINVAL, ENOMEM } from '../../base/errno.ts'
import {
  INIT_LIST_HEAD,
  kmem_cache_free,
  kmem_cache_zalloc,
  list_add_tail,
  list_del_init,
} from '../../mem/index.ts'
import {
  kref_get,
  kref_get_unless_zero,
  kref_init,
  kref_put,
  spin_lock,
  spin_unlock,
} from '../../sync/index.ts'
import { kobject_globals, kobject_root, second_order } from './kobject_globals.ts'
import {
  KOBJ_ADD_SENT,
  KOBJ_IN_SYSFS,
  KOBJ_INITIALIZED,
  KOBJ_REMOVE_SENT,
  kobj_types,
  kobject,
  kset,
  type Kobject,
} from './kobject_struct.ts'
import { WARN } from '../oops.ts'
import { KERN_ERR, printk_name } from '../printk.ts'
import { qstr_copy } from '../qstr.ts'
import { static_name, string_of } from '../static_name.ts'
import { sysfs_create_dir, sysfs_remove_dir } from '../sysfs.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../sysfs_group.ts'
import { kobject_uevent } from '../uevent.ts'
import { KOBJ_REMOVE } from '../uevent_record.ts'

const { name: NAME, parent: PARENT, kset: KSET, ktype: KTYPE, state: STATE } = kobject.offset
const KREF = kobject.at.kref
const ENTRY = kobject.at.entry
const ofKref = kobject.of.kref
const INITIALIZED_TWICE = 'kobject: tried to init an initialized object, something is seriously wrong'
const NOT_INITIALIZED = 'kobject: is not initialized, yet kobject_get() or kobject_put() is being called'
const KOBJECT = static_name('kobject')
const EXISTS = static_name('kobject_add_internal failed with -EEXIST: a name is used twice in one directory')

/**
 * Prepares an object whose memory is zero, or that has been released: one reference, no place yet. An object that is alive is
 * reported: whoever references it loses it here. `ktype` is an id of kobj_types.
 */
export function kobject_init(kobj: Kobject, ktype: number): void {
  if ((data_race(kobj + STATE) & KOBJ_INITIALIZED) !== 0) WARN(INITIALIZED_TWICE)
  kref_init(KREF(kobj))
  INIT_LIST_HEAD(ENTRY(kobj))
  write(kobj + KTYPE, ktype)
  write(kobj + STATE, KOBJ_INITIALIZED)
}

/** Sets the name, before the object is added. */
export function kobject_set_name(kobj: Kobject, name: Addr<'qstr'>): void {
  qstr_copy(as(kobj + NAME), name)
}

/** Address of the name. */
export function kobject_name(kobj: Kobject): Addr<'qstr'> {
  return as(kobj + NAME)
}

/** Takes a reference. NULL is ignored. */
export function kobject_get(kobj: Kobject): Kobject {
  if (kobj === 0) return kobj
  if ((data_race(kobj + STATE) & KOBJ_INITIALIZED) === 0) WARN(NOT_INITIALIZED)
  kref_get(KREF(kobj))
  return kobj
}

/** Takes a reference unless the last one is gone. Returns the object or NULL. */
export function kobject_get_unless_zero(kobj: Kobject): Kobject {
  return kobj !== 0 && kref_get_unless_zero(KREF(kobj)) ? kobj : NULL
}

/** Gives a reference back; the last one removes what is still in sysfs and releases the object. NULL is ignored. */
export function kobject_put(kobj: Kobject): void {
  if (kobj === 0) return
  if ((data_race(kobj + STATE) & KOBJ_INITIALIZED) === 0) WARN(NOT_INITIALIZED)
  kref_put(KREF(kobj), kobject_release)
}

function kobject_release(ref: Addr<'kref'>): void {
  kobject_cleanup(ofKref(ref))
}

function kobject_cleanup(kobj: Kobject): void {
  let parent: Kobject = NULL
  if ((READ_ONCE(kobj + STATE) & KOBJ_IN_SYSFS) !== 0) {
    parent = as(read(kobj + PARENT))
    __kobject_del(kobj)
  }
  const { release } = kobj_types.get(read(kobj + KTYPE))
  write(kobj + STATE, 0)
  release(kobj)
  kobject_put(parent)
}

/** Joins the kset. With the second-order locks off a kset keeps no list of its members. */
function kobj_kset_join(kobj: Kobject, k: Addr<'kset'>): void {
  kobject_get(kset.at.kobj(k))
  if (!second_order()) return
  spin_lock(kset.at.list_lock(k))
  list_add_tail(ENTRY(kobj), kset.at.list(k))
  spin_unlock(kset.at.list_lock(k))
}

function kobj_kset_leave(kobj: Kobject): void {
  const k = as<'kset'>(read(kobj + KSET))
  if (k === 0) return
  if (second_order()) {
    spin_lock(kset.at.list_lock(k))
    list_del_init(ENTRY(kobj))
    spin_unlock(kset.at.list_lock(k))
  }
  kobject_put(kset.at.kobj(k))
}

function create_dir(kobj: Kobject): number {
  let error = sysfs_create_dir(kobj)
  if (error !== 0) return error
  error = sysfs_create_groups(kobj, kobj_types.get(read(kobj + KTYPE)).groups ?? 0)
  if (error !== 0) sysfs_remove_dir(kobj)
  return error
}

/** Adds an object whose name, parent and kset are set. Returns 0, -EINVAL without a name, -EEXIST, -ENOENT, -ENOMEM. */
export function kobject_add_internal(kobj: Kobject): number {
  if (read(kobj + NAME) === 0) {
    WARN('kobject: attempted to be registered with empty name')
    return -EINVAL
  }
  let parent = kobject_get(as(read(kobj + PARENT)))
  const k = as<'kset'>(read(kobj + KSET))
  if (k !== 0) {
    if (parent === 0) parent = kobject_get(kset.at.kobj(k))
    kobj_kset_join(kobj, k)
  }
  write(kobj + PARENT, parent)
  const error = create_dir(kobj)
  if (error === 0) {
    fetch_or(kobj + STATE, KOBJ_IN_SYSFS)
    return 0
  }
  kobj_kset_leave(kobj)
  kobject_put(parent)
  write(kobj + PARENT, NULL)
  if (error === -EEXIST) printk_name(KERN_ERR, EXISTS, string_of(KOBJECT), kobject_name(kobj))
  return error
}

/** Adds an initialised, named object below `parent` (NULL: its kset, or /sys). Returns 0 or a negative errno. */
export function kobject_add(kobj: Kobject, parent: Kobject): number {
  write(kobj + PARENT, parent)
  return kobject_add_internal(kobj)
}

function __kobject_del(kobj: Kobject): void {
  sysfs_remove_groups(kobj, kobj_types.get(read(kobj + KTYPE)).groups ?? 0)
  const state = READ_ONCE(kobj + STATE)
  if ((state & (KOBJ_ADD_SENT | KOBJ_REMOVE_SENT)) === KOBJ_ADD_SENT) kobject_uevent(kobj, KOBJ_REMOVE)
  sysfs_remove_dir(kobj)
  fetch_and(kobj + STATE, ~KOBJ_IN_SYSFS)
  kobj_kset_leave(kobj)
  write(kobj + PARENT, NULL)
}

/** Takes the object out of sysfs. Waits for operations on its attributes. References stay. */
export function kobject_del(kobj: Kobject): void {
  if (kobj === 0 || (READ_ONCE(kobj + STATE) & KOBJ_IN_SYSFS) === 0) return
  const parent = as<'kobject'>(read(kobj + PARENT))
  __kobject_del(kobj)
  kobject_put(parent)
}

function cache(): Addr<'kmem_cache'> {
  return as(read(kobject_root() + kobject_globals.offset.kobject_cache))
}

const dynamic_kobj_ktype = kobj_types.define('dynamic_kobj', {
  release: (kobj) => kmem_cache_free(cache(), kobject, kobj),
})

/** Makes a bare directory object below `parent` (NULL: /sys). Returns it or a negative errno. */
export function kobject_create_and_add(name: Addr<'qstr'>, parent: Kobject): number {
  const kobj = name === 0 ? NULL : kmem_cache_zalloc(cache(), kobject)
  if (kobj === 0) return -ENOMEM
  kobject_init(kobj, dynamic_kobj_ktype)
  kobject_set_name(kobj, name)
  const error = kobject_add(kobj, parent)
  if (error === 0) return kobj
  kobject_put(kobj)
  return error
}
