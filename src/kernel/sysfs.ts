/**
 * sysfs: kobjects as directories, attributes as files, links between objects.
 *
 * Invariant   kobject.sd is set between sysfs_create_dir and sysfs_remove_dir.
 * Order       sysfs_symlink_target_lock is a leaf; the tree lock of kernfs is taken after it is dropped.
 * Context     sleeps.
 * Source      fs/sysfs/dir.c, file.c, symlink.c
 */
import { read, write } from '#access'
import { as, NULL, type Addr } from '../base/addr.ts'
import { EEXIST, EINVAL, ENOENT } from '../base/errno.ts'
import { spin_lock, spin_unlock } from '../sync/index.ts'
import { attributes } from './device/attribute.ts'
import {
  kernfs_create_dir,
  kernfs_create_file,
  kernfs_create_link,
  kernfs_find_and_get,
} from './kernfs/dir.ts'
import { kernfs_get, kernfs_put, sysfs_root, type Kn } from './kernfs/node.ts'
import { kernfs_remove, kernfs_remove_by_name } from './kernfs/remove.ts'
import { kernfs_remove_self } from './kernfs/self.ts'
import { kernfs_path } from './kernfs/walk.ts'
import { sysfs_symlink_target_lock } from './device/kobject_globals.ts'
import { kobject, type Kobject } from './device/kobject_struct.ts'
import { WARN } from './oops.ts'
import { printk_globals } from './printk.ts'
import { report, REPORT_WARN, stack_trace } from './report.ts'
import { qstr_of } from './static_name.ts'

const { sd: SD, parent: PARENT, name: NAME } = kobject.offset
type Name = Addr<'qstr'>

/** Directory of an object; NULL when it has none. */
export function sysfs_dir(kobj: Kobject): Kn {
  return as(read(kobj + SD))
}

/** Warns that a name is taken, with the stack; counted in duplicate_count. */
export function sysfs_warn_dup(dir: Kn, name: Name): void {
  const title = `sysfs: cannot create duplicate filename '${kernfs_path(dir).replace(/^\/sys/, '')}/%N'`
  report(REPORT_WARN, printk_globals.offset.duplicates, title, 0, name, stack_trace(2))
}

/** Makes the object's directory below its parent's, or below /sys. Returns 0 or a negative errno. */
export function sysfs_create_dir(kobj: Kobject): number {
  const parent = as<'kobject'>(read(kobj + PARENT))
  const dir = parent === 0 ? sysfs_root() : sysfs_dir(parent)
  if (dir === 0) return -ENOENT
  const kn = kernfs_create_dir(dir, as(kobj + NAME), 0o755, kobj)
  if (kn === -EEXIST) sysfs_warn_dup(dir, as(kobj + NAME))
  if (kn < 0) return kn
  write(kobj + SD, kn)
  return 0
}

/** Removes the object's directory and all in it. Waits for operations on its attributes. */
export function sysfs_remove_dir(kobj: Kobject): void {
  const lock = sysfs_symlink_target_lock(kobj)
  spin_lock(lock)
  const kn = sysfs_dir(kobj)
  write(kobj + SD, NULL)
  spin_unlock(lock)
  if (kn === 0) return
  kernfs_remove(kn)
  kernfs_put(kn)
}

/** Makes one file in a directory. Returns 0 or a negative errno. */
export function sysfs_add_file(dir: Kn, kobj: Kobject, attr: number): number {
  const { key, mode, lockName } = attributes.get(attr)
  const error = kernfs_create_file(dir, qstr_of(key), mode, kobj, attr, lockName)
  if (error === -EEXIST) sysfs_warn_dup(dir, qstr_of(key))
  return error
}

/** Makes an attribute's file in the object's directory. Returns 0, -EINVAL (no directory) or a negative errno. */
export function sysfs_create_file(kobj: Kobject, attr: number): number {
  const dir = sysfs_dir(kobj)
  if (dir === 0) {
    WARN('sysfs: file created for an object without a directory', as(kobj + NAME))
    return -EINVAL
  }
  return sysfs_add_file(dir, kobj, attr)
}

/** Removes an attribute's file. Waits for operations on it. A missing one is ignored. */
export function sysfs_remove_file(kobj: Kobject, attr: number): void {
  const dir = sysfs_dir(kobj)
  if (dir !== 0) kernfs_remove_by_name(dir, qstr_of(attributes.get(attr).key))
}

/**
 * Removes an attribute's file from inside its own store.
 * @returns true for the caller that removed it; the others return false when that caller's store has ended
 */
export function sysfs_remove_file_self(kobj: Kobject, attr: number): boolean {
  const dir = sysfs_dir(kobj)
  const kn = dir === 0 ? NULL : kernfs_find_and_get(dir, qstr_of(attributes.get(attr).key))
  if (kn === 0) {
    WARN('sysfs: file to be removed by itself is gone', as(kobj + NAME))
    return false
  }
  const removed = kernfs_remove_self(kn)
  kernfs_put(kn)
  return removed
}

/** Directory of a link's target, referenced; NULL if the target has left sysfs. */
function getTarget(target: Kobject): Kn {
  const lock = sysfs_symlink_target_lock(target)
  spin_lock(lock)
  const kn = kernfs_get(sysfs_dir(target))
  spin_unlock(lock)
  return kn
}

/** sysfs_create_link without the warning about a name that is taken. */
export function sysfs_create_link_nowarn(kobj: Kobject, target: Kobject, name: Name): number {
  const dir = kobj === 0 ? sysfs_root() : sysfs_dir(kobj)
  const to = getTarget(target)
  if (to === 0) return -ENOENT
  const error = dir === 0 ? -ENOENT : kernfs_create_link(dir, name, to)
  kernfs_put(to)
  return error
}

/** Makes a link to `target` in the directory of `kobj`. Returns 0, -EEXIST (with a warning), -ENOENT or -ENOMEM. */
export function sysfs_create_link(kobj: Kobject, target: Kobject, name: Name): number {
  const error = sysfs_create_link_nowarn(kobj, target, name)
  if (error === -EEXIST) sysfs_warn_dup(sysfs_dir(kobj), name)
  return error
}

/** Removes a link. A missing one is ignored. */
export function sysfs_remove_link(kobj: Kobject, name: Name): void {
  const dir = kobj === 0 ? sysfs_root() : sysfs_dir(kobj)
  if (dir !== 0) kernfs_remove_by_name(dir, name)
}
