/**
 * The directories of a parent's types:
 *
 *   <parent>/mdev_supported_types/<driver>-<type>/{create,name,device_api,available_instances,description,devices/}
 *
 * Invariant   a type is on the parent's list exactly while its directory exists. The parent's directory is made before
 *             the first type and goes after the last.
 * Order       removing `create` waits for every create in flight: whoever unregisters holds no lock that create takes
 *             without trying.
 * Source      mdev_create_sysfs_types, mdev_remove_sysfs_types
 */
import { read, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { ENOMEM } from '../base/errno.ts'
import { device } from '../kernel/device/device_struct.ts'
import {
  kobject_add,
  kobject_create_and_add,
  kobject_del,
  kobject_init,
  kobject_name,
  kobject_put,
} from '../kernel/device/kobject.ts'
import { kobj_types } from '../kernel/device/kobject_struct.ts'
import { KERN_DEBUG, printk_debug, printk_name } from '../kernel/printk.ts'
import { qstr_set_text } from '../kernel/qstr.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { rootAddr } from '../mem/arena.ts'
import { INIT_LIST_HEAD, list_add_tail, list_del, list_empty, list_next } from '../mem/list.ts'
import { kmem_cache_free, kmem_cache_zalloc } from '../mem/slab.ts'
import { mdev_type_described_groups, mdev_type_groups } from './attributes.ts'
import { parent_ops } from './driver.ts'
import { mdev_globals, mdev_parent, mdev_type } from './types.ts'

const ROOT = rootAddr('mdev')
const CACHE = mdev_globals.offset.type_cache
const P = mdev_parent.offset
const T = mdev_type.offset
const SUPPORTED = static_name('mdev_supported_types')
const DEVICES = static_name('devices')
const RELEASING = static_name('Releasing group %N')
const type_list = mdev_parent.at.type_list
const type_kobj = mdev_type.at.kobj
const type_link = mdev_type.at.next
const type_of_link = mdev_type.of.next

function type_cache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + CACHE))
}

function mdev_type_release(kobj: Addr<'kobject'>): void {
  if (printk_debug()) printk_name(KERN_DEBUG, RELEASING, 0, kobject_name(kobj))
  kmem_cache_free(type_cache(), mdev_type, mdev_type.of.kobj(kobj))
}

const mdev_type_ktype = kobj_types.define('mdev_type', {
  release: mdev_type_release,
  groups: mdev_type_groups,
})
const mdev_type_described_ktype = kobj_types.define('mdev_type.described', {
  release: mdev_type_release,
  groups: mdev_type_described_groups,
})

/** Makes the directory and one below it per type of the vendor. Returns 0 or a negative errno, with nothing left. */
export function parent_create_sysfs_files(parent: Addr<'mdev_parent'>): number {
  const dev = as<'device'>(read(parent + P.dev))
  INIT_LIST_HEAD(type_list(parent))
  const types = kobject_create_and_add(qstr_of(SUPPORTED), device.at.kobj(dev))
  // The kernel answers ENOMEM whatever made the directory fail.
  if (types < 0) return -ENOMEM
  write(parent + P.types_kobj, types)
  const count = parent_ops(parent).types.length
  for (let index = 0; index < count; index++) {
    const ret = add_mdev_supported_type(parent, index)
    if (ret === 0) continue
    parent_remove_sysfs_files(parent)
    return ret
  }
  return 0
}

function add_mdev_supported_type(parent: Addr<'mdev_parent'>, index: number): number {
  const vendor = parent_ops(parent)
  const { sysfs_name, description } = vendor.types[index] as { sysfs_name: string; description: string }
  const type = kmem_cache_zalloc(type_cache(), mdev_type)
  if (type === 0) return -ENOMEM
  write(type + T.parent, parent)
  write(type + T.index, index)
  const kobj = type_kobj(type)
  kobject_init(kobj, description === '' ? mdev_type_ktype : mdev_type_described_ktype)
  let ret = qstr_set_text(kobject_name(kobj), `${vendor.name}-${sysfs_name}`)
  if (ret === 0) ret = kobject_add(kobj, as(read(parent + P.types_kobj)))
  if (ret === 0) {
    ret = Math.min(0, add_devices_dir(type))
    if (ret !== 0) kobject_del(kobj)
  }
  if (ret === 0) list_add_tail(type_link(type), type_list(parent))
  else kobject_put(kobj)
  return ret
}

function add_devices_dir(type: Addr<'mdev_type'>): number {
  const devices = kobject_create_and_add(qstr_of(DEVICES), type_kobj(type))
  if (devices > 0) write(type + T.devices_kobj, devices)
  return devices
}

/** Removes all of it. Waits for creates and reads in flight. */
export function parent_remove_sysfs_files(parent: Addr<'mdev_parent'>): void {
  trace_enter('parent_remove_sysfs_files')
  while (!list_empty(type_list(parent)))
    remove_mdev_supported_type(type_of_link(list_next(type_list(parent))))
  const types = as<'kobject'>(read(parent + P.types_kobj))
  kobject_del(types)
  kobject_put(types)
  trace_leave('parent_remove_sysfs_files')
}

/** The `devices` directory goes before `create` is drained, as in the kernel: without a gate a create can still run then. */
function remove_mdev_supported_type(type: Addr<'mdev_type'>): void {
  list_del(type_link(type))
  const devices = as<'kobject'>(read(type + T.devices_kobj))
  kobject_del(devices)
  kobject_put(devices)
  kobject_del(type_kobj(type))
  kobject_put(type_kobj(type))
}
