/**
 * Layout of a module.
 *
 *   state    LIVE       references can be taken
 *            GOING      delete_module has begun: none can
 *            UNMAPPED   its memory is gone: reading its operations is an Oops
 *   refcnt   users + 1 while LIVE, its own init being one; 0 from GOING on and after a failed init
 */
import type { Addr } from '../base/addr.ts'
import { OpsTable } from '../base/ops.ts'
import { embed, struct, word } from '../mem/index.ts'
import { kobject, type Kobject } from './device/kobject_struct.ts'

export const MODULE_LIVE = 1
export const MODULE_GOING = 2
export const MODULE_UNMAPPED = 3

export const module_struct = struct('module', {
  kobj: embed(kobject),
  /** Atomic. */
  refcnt: word,
  /** One of MODULE_*. Atomic. */
  state: word,
  /** Id of module_ops. */
  ops: word,
  /** What the loader passed. */
  param: word,
})
export type Module = Addr<'module'>

/** What a module does when it comes and goes. */
export interface ModuleOps {
  /** Returns 0 or a negative errno, which undoes the load. */
  readonly init?: (mod: Module) => number
  readonly exit?: (mod: Module) => void
}
export const module_ops = new OpsTable<ModuleOps>('module_ops')

/** kobject of a module, /sys/module/<name>. */
export function module_kobj(mod: Module): Kobject {
  return module_struct.at.kobj(mod)
}
