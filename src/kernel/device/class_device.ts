/**
 * A device of a class: where its directory goes, its links, its class's list.
 *
 * Rules    a class device without a parent lives in /sys/devices/virtual/<class>; below a device without a class in a
 *          directory named for the class (the glue directory); below a class device directly in its directory.
 * Order    gdp_mutex → kernfs. A glue directory is made and removed under gdp_mutex.
 * Context  sleeps.
 * Source   drivers/base/core.c
 */
import { read, write } from '#access'
import { as, NULL } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import { kmem_cache_free, kmem_cache_zalloc, list_add_tail, list_del, list_next } from '../../mem/index.ts'
import { mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { dev_name, get_device, put_device } from './device.ts'
import { classDirCache, gdpMutex } from './device_root.ts'
import { class_dir, class_struct, device, type Class, type Device } from './device_struct.ts'
import { klist_add_tail, klist_del, klist_node_attached, klist_ops, type KlistNode } from './klist.ts'
import { klist_of } from './klist_set.ts'
import { virtual_dir } from './kobject_globals.ts'
import {
  kobject_add,
  kobject_del,
  kobject_get,
  kobject_init,
  kobject_name,
  kobject_put,
  kobject_set_name,
} from './kobject.ts'
import { kobj_types, kobject, type Kobject } from './kobject_struct.ts'
import { qstr_of, static_name } from '../static_name.ts'
import { sysfs_create_link, sysfs_remove_link } from '../sysfs.ts'

const D = device.offset
const KOBJ = device.at.kobj
const KNODE = device.at.knode_class
const ofKnode = device.of.knode_class
const SUBSYSTEM = static_name('subsystem')
const DEVICE = static_name('device')
const NODE = class_dir.at.node

const class_dir_ktype = kobj_types.define('class_dir', {
  release: (kobj) => kmem_cache_free(classDirCache(), class_dir, kobj),
})

/** Walkers and membership of a class's list reference the device. */
export const class_klist_ops = klist_ops.define('class_devices', {
  get: (n: KlistNode) => get_device(ofKnode(n)),
  put: (n: KlistNode) => put_device(ofKnode(n)),
})

function findGlue(cls: Class, home: Kobject): Kobject {
  const head = class_struct.at.glue_dirs(cls)
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const dir = class_dir.of.node(at)
    if (read(dir + kobject.offset.parent) === home) return class_dir.at.kobj(dir)
  }
  return NULL
}

function makeGlue(cls: Class, home: Kobject): number {
  const dir = kmem_cache_zalloc(classDirCache(), class_dir)
  if (dir === 0) return -ENOMEM
  const kobj = class_dir.at.kobj(dir)
  kobject_init(kobj, class_dir_ktype)
  kobject_set_name(kobj, kobject_name(as(cls)))
  write(dir + class_dir.offset.class, cls)
  const error = kobject_add(kobj, home)
  if (error === 0) {
    list_add_tail(NODE(dir), class_struct.at.glue_dirs(cls))
    return kobj
  }
  kobject_put(kobj)
  return error
}

/** Changes the number of devices that need the directory, and returns it. gdp_mutex is held. */
function use(glue: Kobject, delta: number): number {
  const at = class_dir.of.kobj(glue) + class_dir.offset.users
  const users = read(at) + delta
  write(at, users)
  return users
}

/** Object whose directory holds the device: 0 for /sys/devices; a glue directory is referenced. Or a negative errno. */
export function get_device_parent(dev: Device, parent: Device): number {
  const cls = as<'class'>(read(dev + D.class))
  if (cls === 0) return parent
  if (parent !== 0 && read(parent + D.class) !== 0) return parent
  const home: Kobject = parent === 0 ? virtual_dir() : KOBJ(parent)
  mutex_lock(gdpMutex())
  const found = findGlue(cls, home)
  const glue = found === 0 ? makeGlue(cls, home) : kobject_get(found)
  if (glue > 0) use(as(glue), 1)
  mutex_unlock(gdpMutex())
  return glue
}

/** Glue directory the device is in; NULL if it is in none. */
export function get_glue_dir(dev: Device): Kobject {
  return as(read(dev + D.kobj + kobject.offset.parent))
}

/** Gives the device's hold on its glue directory back; the last one removes it. Other directories are left alone. */
export function cleanup_glue_dir(dev: Device, glue: Kobject): void {
  if (read(dev + D.class) === 0 || glue === 0) return
  if (read(glue + kobject.offset.ktype) !== class_dir_ktype) return
  mutex_lock(gdpMutex())
  if (use(glue, -1) === 0) {
    list_del(NODE(class_dir.of.kobj(glue)))
    kobject_del(glue)
  }
  kobject_put(glue)
  mutex_unlock(gdpMutex())
}

/** Links of a class device: `subsystem`, `device` (to a parent), and its own in the class. Returns 0 or an errno. */
export function device_add_class_symlinks(dev: Device): number {
  const cls = as<'kobject'>(read(dev + D.class))
  if (cls === 0) return 0
  let error = sysfs_create_link(KOBJ(dev), cls, qstr_of(SUBSYSTEM))
  if (error !== 0) return error
  const parent = as<'device'>(read(dev + D.parent))
  if (parent !== 0) error = sysfs_create_link(KOBJ(dev), KOBJ(parent), qstr_of(DEVICE))
  if (error === 0) {
    error = sysfs_create_link(cls, KOBJ(dev), dev_name(dev))
    if (error === 0) return 0
    if (parent !== 0) sysfs_remove_link(KOBJ(dev), qstr_of(DEVICE))
  }
  sysfs_remove_link(KOBJ(dev), qstr_of(SUBSYSTEM))
  return error
}

/** Removes those links. */
export function device_remove_class_symlinks(dev: Device): void {
  const cls = as<'kobject'>(read(dev + D.class))
  if (cls === 0) return
  if (read(dev + D.parent) !== 0) sysfs_remove_link(KOBJ(dev), qstr_of(DEVICE))
  sysfs_remove_link(KOBJ(dev), qstr_of(SUBSYSTEM))
  sysfs_remove_link(cls, dev_name(dev))
}

/** Joins the class's list. */
export function attach_class_list(dev: Device): void {
  const cls = as<'class'>(read(dev + D.class))
  if (cls !== 0) klist_add_tail(KNODE(dev), klist_of(class_struct.at.klist_devices(cls), dev))
}

/** Leaves the class's list. */
export function detach_class_list(dev: Device): void {
  if (klist_node_attached(KNODE(dev))) klist_del(KNODE(dev))
}
