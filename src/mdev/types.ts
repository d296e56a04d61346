/**
 * Objects of the mdev core: parents, their types, their devices.
 *
 * Lock order   parent_list_lock → gate (unreg_sem or its successors) → mdev_list_lock. The strategies that hold a
 *              namespace lock across the work (parent->lock, mdev_list_lock) put it in the gate's place.
 * References   mdev_parent.ref: 1 for the registration, 1 per mdev from the start of create to the end of remove; and 1 per mdev until
 *              its release, where the namespace finds by reference.
 * Source       drivers/vfio/mdev/mdev_private.h as of each row of strategies.ts
 */
import { embed, guarded_by, ptr, struct, word, words } from '../mem/layout.ts'
import { list_head } from '../mem/list.ts'
import { device } from '../kernel/device/device_struct.ts'
import { kobject } from '../kernel/device/kobject_struct.ts'
import { work_struct } from '../kernel/workqueue_struct.ts'
import {
  completion,
  kref,
  mutex,
  percpu_ref,
  refcount_struct,
  rw_semaphore,
  srcu_struct,
} from '../sync/index.ts'

/**
 * The table of operations a vendor passes at registration. It lies in the vendor's memory: when the vendor goes, the
 * word is poisoned, and who still reads it has the oops of the 2019 thread.
 */
export const mdev_parent_ops = struct('mdev_parent_ops', {
  /** Id in the vendor table (driver.ts), or OPS_POISON. */
  ops: word,
  /** The vendor's own object, handed back in every call. */
  data: word,
  /** Devices that may still be made, where the core counts them (VendorOps.max_instances). Atomic. */
  available_instances: word,
})

/** What the ops word of a vanished vendor reads as. */
export const OPS_POISON = 0x0bad_0b5e

/** A physical device that can be divided. */
export const mdev_parent = struct('mdev_parent', {
  dev: ptr('device'),
  ops: ptr('mdev_parent_ops'),
  /** Sequence driver_probe: the driver that create binds. */
  driver: ptr('device_driver'),
  ref: embed(kref),
  /** Member of mdev_globals.parent_list. */
  next: guarded_by('parent_list_lock', embed(list_head)),
  /** Namespace per_parent: serialises create and remove on this parent (7b96953bc640). */
  lock: embed(mutex),
  /** Gate rwsem: create and remove read, unregister writes (5715c4dd66a3). */
  unreg_sem: embed(rw_semaphore),
  /** Gate srcu: the parent itself while it is registered, then 0. */
  self: ptr('mdev_parent'),
  unreg_srcu: embed(srcu_struct),
  /** Gate refcount: creates and removes in flight, plus 1 while registered. */
  refcount: embed(refcount_struct),
  unreg_completion: embed(completion),
  /** Gate percpu_ref, and the word that names its class to lockdep. */
  unreg_ref: embed(percpu_ref),
  unreg_map: word,
  /** Where unregistration goes in two halves: 1 from the first on, and when the second is over. */
  going: guarded_by('parent_list_lock', word),
  gone: embed(completion),
  /** A second half that is put off (deferred.ts): the work, and the module that it pins. */
  finish_work: embed(work_struct),
  owner: ptr('module'),
  /** Directory mdev_supported_types. */
  types_kobj: ptr('kobject'),
  type_list: guarded_by('constant after registration', embed(list_head)),
  /** Small number for gauges and reports: the n-th parent of the machine. */
  index: word,
})

/** One kind of mdev that a parent offers: the directory <driver>-<type>. */
export const mdev_type = struct('mdev_type', {
  kobj: embed(kobject),
  devices_kobj: ptr('kobject'),
  parent: ptr('mdev_parent'),
  next: guarded_by('constant after registration', embed(list_head)),
  /** Index into the vendor's list of types. */
  index: word,
})

/** A mediated device. */
export const mdev_device = struct('mdev_device', {
  dev: embed(device),
  uuid: words(4),
  parent: ptr('mdev_parent'),
  type: ptr('mdev_type'),
  /** Member of mdev_globals.mdev_list, or of a bucket. */
  next: guarded_by('mdev_list_lock', embed(list_head)),
  /** 1: complete. Else being made or being removed; namespace sharded tells which. Written without the lock, as in the kernel, but marked. */
  active: word,
  /** 1: the unregistering parent has removed it. A remover that was pinned meanwhile must keep off. */
  gone: word,
  /** Counter that its release gives back to; 0 where the core does not count. */
  counted: word,
  /** mdev_set_drvdata: the vendor's. */
  driver_data: word,
  /** The SHA-1 that the alias is the beginning of, cut to its length. Constant once made. */
  alias: words(5),
  /** Digits of the alias; 0: none. */
  alias_length: word,
  /** Member of mdev_globals.alias_list. */
  alias_next: guarded_by('mdev_alias_lock', embed(list_head)),
})

/** What the kernel keeps in global variables. */
export const mdev_globals = struct('mdev_globals', {
  /** Id of the strategy (strategies.ts) and of its gate. Constant after boot. */
  strategy: word,
  gate: word,
  /** Attribute groups of a device: those with `remove`, or 0 when create makes that file last. Constant after boot. */
  device_groups: word,
  /** Attribute `remove`. Constant after boot. */
  remove_attr: word,
  parent_list_lock: embed(mutex),
  parent_list: guarded_by('parent_list_lock', embed(list_head)),
  mdev_list_lock: embed(mutex),
  mdev_list: guarded_by('mdev_list_lock', embed(list_head)),
  bus: ptr('bus_type'),
  compat_class: ptr('class_compat'),
  parent_cache: ptr('kmem_cache'),
  type_cache: ptr('kmem_cache'),
  device_cache: ptr('kmem_cache'),
  /** 1: a remover holds references to device and parent (pin.ts). */
  pin: word,
  /** Address of the work gauge, 0 when nobody measures. */
  gauge: word,
  /** Namespace sharded: its hash buckets, and how many there are, less one. */
  buckets: word,
  bucket_mask: word,
  alias_lock: embed(mutex),
  /** Devices that have an alias. */
  alias_list: guarded_by('mdev_alias_lock', embed(list_head)),
})
