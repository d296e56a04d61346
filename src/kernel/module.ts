/**
 * Modules: loading, references, unloading, and the Oops of code that uses a module after that.
 *
 * Invariant   a module with users, or whose init is not over, does not unload; one that is unloading, or whose init has failed,
 *             gets no new users.
 * Context     load and delete sleep; get, put and checks may be called anywhere.
 * Source      kernel/module/main.c
 */
import { cmpxchg, fetch_sub, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_enter, trace_leave, trace_point } from '#trace'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EAGAIN, ENOMEM } from '../base/errno.ts'
import { kmem_cache_create, kmem_cache_zalloc, rootAddr } from '../mem/index.ts'
import { define_attribute, define_groups } from './device/attribute.ts'
import {
  kobject_add,
  kobject_del,
  kobject_init,
  kobject_name,
  kobject_put,
  kobject_set_name,
} from './device/kobject.ts'
import { module_kset } from './device/kobject_globals.ts'
import { kobj_types, kobject } from './device/kobject_struct.ts'
import {
  MODULE_GOING,
  MODULE_LIVE,
  MODULE_UNMAPPED,
  module_kobj,
  module_ops,
  module_struct,
  type Module,
} from './module_struct.ts'
import { oops } from './oops.ts'
import { kobject_uevent } from './uevent.ts'
import { KOBJ_ADD, KOBJ_REMOVE } from './uevent_record.ts'

const ROOT = rootAddr('module')
const { refcnt: REFCNT, state: STATE, ops: OPS, param: PARAM } = module_struct.offset

// An unloaded module's struct stays: a use after the unload must find the mark, not recycled memory.
const refcnt = define_attribute<'module'>('module.refcnt', {
  name: 'refcnt',
  mode: 0o444,
  show: (mod) => `${module_refcount(mod)}\n`,
})
const module_ktype = kobj_types.define('module', {
  release: () => {},
  groups: define_groups('module', [{ attrs: [refcnt] }]),
})

function cache(): Addr<'kmem_cache'> {
  return as(read(ROOT))
}

/** Prepares the cache. Boot CPU only. Returns false when the arena is full. */
export function modules_init(): boolean {
  write(ROOT, kmem_cache_create(module_struct))
  return cache() !== 0
}

/**
 * Loads a module: its directory in /sys/module, then its init.
 * @param ops id of module_ops
 * @param param what its init finds with module_param
 * @returns the module or a negative errno; after an error nothing is left
 */
export function module_load(name: Addr<'qstr'>, ops: number, param = 0): number {
  const mod = name === 0 ? NULL : kmem_cache_zalloc(cache(), module_struct)
  if (mod === 0) return -ENOMEM
  kobject_init(module_kobj(mod), module_ktype)
  kobject_set_name(module_kobj(mod), name)
  write(mod + kobject.offset.kset, module_kset())
  write(mod + OPS, ops)
  write(mod + PARAM, param)
  write(mod + REFCNT, 2) // one for the load, so that nobody unloads what its init has made known before the init is over
  WRITE_ONCE(mod + STATE, MODULE_LIVE)
  let error = kobject_add(module_kobj(mod), NULL)
  if (error === 0) {
    error = module_ops.get(ops).init?.(mod) ?? 0
    if (error === 0) {
      kobject_uevent(module_kobj(mod), KOBJ_ADD)
      module_put(as(mod))
      return mod
    }
  }
  WRITE_ONCE(mod + REFCNT, 0)
  WRITE_ONCE(mod + STATE, MODULE_UNMAPPED)
  kobject_put(module_kobj(mod))
  return error
}

/** Takes a reference on a module. False once it is going. NULL, built-in code, is always true. */
export function try_module_get(mod: Module): boolean {
  if (mod === 0) return true
  let seen = READ_ONCE(mod + REFCNT)
  while (seen > 0) {
    const found = cmpxchg(mod + REFCNT, seen, seen + 1)
    if (found === seen) return true
    seen = found
  }
  return false
}

/** Gives a reference back. NULL is ignored. */
export function module_put(mod: Module): void {
  if (mod !== 0) fetch_sub(mod + REFCNT, 1)
}

/** Users of a module. */
export function module_refcount(mod: Module): number {
  return Math.max(0, READ_ONCE(mod + REFCNT) - 1)
}

/**
 * Unloads a module: its exit runs, then its memory is gone.
 * @returns 0, or -EWOULDBLOCK (the number of EAGAIN) while it has users or is already going
 */
export function delete_module(mod: Module): number {
  trace_enter('delete_module')
  const error = cmpxchg(mod + REFCNT, 1, 0) === 1 ? 0 : -EAGAIN
  if (error === 0) unload(mod)
  trace_leave('delete_module')
  return error
}

function unload(mod: Module): void {
  WRITE_ONCE(mod + STATE, MODULE_GOING)
  trace_point('delete_module:going')
  module_ops.get(read(mod + OPS)).exit?.(mod)
  kobject_uevent(module_kobj(mod), KOBJ_REMOVE)
  kobject_del(module_kobj(mod))
  WRITE_ONCE(mod + STATE, MODULE_UNMAPPED)
  trace_point('delete_module:unmapped')
  kobject_put(module_kobj(mod))
}

/** The one parameter of a module: a number of parents, the id of a variant; 0 for the module's default. */
export function module_param(mod: Module): number {
  return read(mod + PARAM)
}

/** State of a module, one of MODULE_*. */
export function module_state(mod: Module): number {
  return READ_ONCE(mod + STATE)
}

/**
 * To be called before operations that live in a module's memory are read.
 * @param mod NULL, built-in code, is always there
 * @throws Oops when the module's memory is gone
 */
export function check_mapped(mod: Module): void {
  if (mod === 0 || READ_ONCE(mod + STATE) !== MODULE_UNMAPPED) return
  oops('BUG: unable to handle kernel paging request at', mod + OPS, kobject_name(module_kobj(mod)), 1)
}
