/**
 * Layouts of kobject and kset, which refer to each other, and the table of kobj_types.
 *
 *   kobject.state   INITIALIZED from kobject_init on; IN_SYSFS between add and del; ADD_SENT and REMOVE_SENT record
 *                   the uevents, so that a kobject that dies without a `remove` event gets one. Atomic
 *
 * Rule     a struct that embeds a kobject begins with it: attributes and releases get the address of both.
 */
import type { Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { embed, guarded_by, list_head, ptr, struct, word } from '../../mem/index.ts'
import { kref, spinlock } from '../../sync/index.ts'
import { qstr } from '../qstr.ts'

export const KOBJ_INITIALIZED = 1
export const KOBJ_IN_SYSFS = 2
export const KOBJ_ADD_SENT = 4
export const KOBJ_REMOVE_SENT = 8

export const kobject = struct('kobject', {
  name: embed(qstr),
  kref: embed(kref),
  /** Node of kset.list. */
  entry: guarded_by('kset.list_lock', embed(list_head)),
  parent: ptr('kobject'),
  kset: ptr('kset'),
  /** Id of the kobj_type. */
  ktype: word,
  /** Directory in sysfs; NULL before add and from del on. */
  sd: guarded_by('sysfs_symlink_target_lock', ptr('kernfs_node')),
  state: word,
})
export type Kobject = Addr<'kobject'>

export const kset = struct('kset', {
  kobj: embed(kobject),
  list_lock: embed(spinlock),
  list: guarded_by('list_lock', embed(list_head)),
  /** Id of the kset_uevent_ops; 0: members send no uevents of their own. */
  uevent_ops: word,
})
export type Kset = Addr<'kset'>

/** What a kind of kobject does. */
export interface KobjType {
  /** The last reference is gone: frees the object. */
  readonly release: (kobj: Kobject) => void
  /** Attribute groups made with the directory: an id of define_groups. */
  readonly groups?: number
}

/** All kobj_types of this CPU. */
export const kobj_types = new OpsTable<KobjType>('kobj_type')
