/**
 * Attribute groups: made together, removed together, and undone together when one of them fails.
 *
 * Context  sleeps.
 * Source   fs/sysfs/group.c
 */
import { as, NULL } from '../base/addr.ts'
import { EEXIST, EINVAL } from '../base/errno.ts'
import { attributes, groups_of, type AttributeGroup } from './device/attribute.ts'
import { kernfs_create_dir, kernfs_find_and_get } from './kernfs/dir.ts'
import { kernfs_put, type Kn } from './kernfs/node.ts'
import { kernfs_remove, kernfs_remove_by_name } from './kernfs/remove.ts'
import type { Kobject } from './device/kobject_struct.ts'
import { qstr_of } from './static_name.ts'
import { sysfs_add_file, sysfs_dir, sysfs_warn_dup } from './sysfs.ts'

function remove_files(dir: Kn, group: AttributeGroup, count: number): void {
  for (let i = 0; i < count; i++) {
    kernfs_remove_by_name(dir, qstr_of(attributes.get(group.attrs[i] as number).key))
  }
}

function create_files(dir: Kn, kobj: Kobject, group: AttributeGroup): number {
  for (let i = 0; i < group.attrs.length; i++) {
    const error = sysfs_add_file(dir, kobj, group.attrs[i] as number)
    if (error === 0) continue
    remove_files(dir, group, i)
    return error
  }
  return 0
}

function create_group(kobj: Kobject, group: AttributeGroup): number {
  const home = sysfs_dir(kobj)
  if (home === 0) return -EINVAL
  if (group.key === 0) return create_files(home, kobj, group)
  const kn = kernfs_create_dir(home, qstr_of(group.key), 0o755, kobj)
  if (kn === -EEXIST) sysfs_warn_dup(home, qstr_of(group.key))
  if (kn < 0) return kn
  const error = create_files(as(kn), kobj, group)
  if (error !== 0) kernfs_remove(as(kn))
  kernfs_put(as(kn))
  return error
}

function remove_group(kobj: Kobject, group: AttributeGroup): void {
  const home = sysfs_dir(kobj)
  if (home === 0) return
  if (group.key === 0) return remove_files(home, group, group.attrs.length)
  const kn = kernfs_find_and_get(home, qstr_of(group.key))
  if (kn === NULL) return
  kernfs_remove(kn)
  kernfs_put(kn)
}

/**
 * Makes all groups of a list; on an error those made are removed again.
 * @param id id of define_groups; 0 does nothing
 * @returns 0 or a negative errno
 */
export function sysfs_create_groups(kobj: Kobject, id: number): number {
  if (id === 0) return 0
  const list = groups_of(id)
  for (let i = 0; i < list.length; i++) {
    const error = create_group(kobj, list[i] as AttributeGroup)
    if (error === 0) continue
    while (i-- > 0) remove_group(kobj, list[i] as AttributeGroup)
    return error
  }
  return 0
}

/** Removes all groups of a list. Waits for operations on their files. */
export function sysfs_remove_groups(kobj: Kobject, id: number): void {
  if (id === 0) return
  const list = groups_of(id)
  for (let i = 0; i < list.length; i++) remove_group(kobj, list[i] as AttributeGroup)
}
