/**
 * Layouts of vfio: containers, groups, devices, and the files that user space has of each.
 *
 * References   vfio_group.kref: one per registered device, per open group file, per external user.
 *              vfio_group.container_users: one for the container that is set, one per open device file, per external user.
 *              vfio_device.refcount: one for the registration, one per open device file, one per lookup while it lasts.
 *              vfio_container.kref: its open file, and each group that is set to it.
 * Lock order   vfio.group_lock → (driver core, for the group's device node)
 *              iommu group->mutex → group->unbound_lock, group->device_lock (leaves)
 *              container->group_lock → nothing of ours;  dev_set->lock → open_device and close_device
 * Source       drivers/vfio/vfio.c, 5.15 (before the mail of October 2021) and 5.16 (after it)
 */
import type { Addr } from '../base/addr.ts'
import { OpsTable } from '../base/ops.ts'
import { embed, guarded_by, ptr, struct, word } from '../mem/layout.ts'
import { list_head } from '../mem/list.ts'
import {
  blocking_notifier_head,
  completion,
  kref,
  mutex,
  notifier_block,
  refcount_struct,
  rw_semaphore,
  wait_queue_head,
} from '../sync/index.ts'

/** Groups that can exist at once: minors. */
export const VFIO_GROUPS_MAX = 4096
/** Shards of vfio.group_lock when the second-order locks are off. */
export const GROUP_LOCKS = 64

export const vfio_container = struct('vfio_container', {
  kref: embed(kref),
  /** Type of the IOMMU backend that VFIO_SET_IOMMU chose; 0 none. */
  iommu_driver: guarded_by('container->group_lock', word),
  group_list: guarded_by('container->group_lock', embed(list_head)),
  group_lock: embed(rw_semaphore),
})
export type VfioContainer = Addr<'vfio_container'>

export const vfio_group = struct('vfio_group', {
  kref: embed(kref),
  iommu_group: ptr('iommu_group'),
  /** Member of vfio_globals.group_list. */
  vfio_next: guarded_by('vfio.group_lock', embed(list_head)),
  minor: word,
  /** Device node /dev/vfio/<iommu group>. */
  dev: guarded_by('vfio.group_lock', ptr('device')),
  device_list: guarded_by('group->device_lock', embed(list_head)),
  device_lock: embed(mutex),
  /** Devices that lost their vfio driver and have not told UNBOUND yet: they do not spoil the group. */
  unbound_list: guarded_by('group->unbound_lock', embed(list_head)),
  unbound_lock: embed(mutex),
  /** Atomic. 0 detaches the container. */
  container_users: word,
  /** Atomic. 1 while a file of the group is open. */
  opened: word,
  /** Atomic: written with container->group_lock held, read without. */
  container: ptr('vfio_container'),
  container_next: guarded_by('container->group_lock', embed(list_head)),
  /** Waits for the container to be unset. */
  container_q: embed(wait_queue_head),
  /** On the IOMMU group's chain. */
  nb: embed(notifier_block),
  /** The group's own chain, for KVM and the like. */
  notifier: embed(blocking_notifier_head),
})
export type VfioGroup = Addr<'vfio_group'>

export const vfio_unbound_dev = struct('vfio_unbound_dev', {
  unbound_next: guarded_by('group->unbound_lock', embed(list_head)),
  dev: ptr('device'),
})

export const vfio_device = struct('vfio_device', {
  dev: ptr('device'),
  /** Id of vfio_device_ops. */
  ops: word,
  group: ptr('vfio_group'),
  /** Member of group->device_list. */
  group_next: guarded_by('group->device_lock', embed(list_head)),
  refcount: embed(refcount_struct),
  /** The last reference is gone. */
  comp: embed(completion),
  /** dev_set->lock: every device is a set of its own here. */
  dev_set_lock: embed(mutex),
  open_count: guarded_by('dev_set->lock', word),
  /** eventfd that a request signals; NULL none. Atomic. */
  req_trigger: ptr('eventfd'),
  /** Atomic: requests made while it was to be removed. */
  requests: word,
  /** State of its user's mapping (mmap.ts). Atomic. */
  mapping: word,
  /** 1: it has no IOMMU of its own; vfio puts it into a group made for it. */
  emulated: word,
  /** Device below it in class vfio-dev (3c28a76124b2, 6.1); NULL before. */
  index_dev: ptr('device'),
  index: word,
  /** The driver's own word. */
  priv: word,
})
export type VfioDevice = Addr<'vfio_device'>

/** What a driver does for a device of its that user space opens. */
export interface VfioDeviceOps {
  readonly name: string
  /** First open: 0 or a negative errno. dev_set->lock is held. */
  readonly open_device?: (device: VfioDevice) => number
  /** Last close. dev_set->lock is held. */
  readonly close_device?: (device: VfioDevice) => void
  /** The device is to be removed: asks the user to let go; the count-th time. Without it nobody is asked. */
  readonly request?: (device: VfioDevice, count: number) => void
}
export const vfio_device_ops = new OpsTable<VfioDeviceOps>('vfio_device_ops')

/** Kinds of open file: values of vfio_file.kind. 0 is a file that was closed. */
export const VFIO_FILE_CONTAINER = 0x7fc0_0001
export const VFIO_FILE_GROUP = 0x7fc0_0002
export const VFIO_FILE_DEVICE = 0x7fc0_0003

/** An open file. Its address is the file descriptor of the emulation. */
export const vfio_file = struct('vfio_file', { kind: word, object: word })

export const vfio_globals = struct('vfio_globals', {
  /** Array of mutexes, a cache line each: the first is vfio.group_lock, the others only if second-order locks are off. */
  group_locks: word,
  /** Array of list heads, one per lock. */
  group_lists: word,
  /** Groups by minor. Each word is guarded by its group's lock. */
  minors: word,
  /** Numbers in use, a bitmap. Atomic. */
  minor_ida: word,
  /** devtmpfs: minor + 1 of /dev/vfio/<n>, 0 none. Atomic. */
  nodes: word,
  class: ptr('class'),
  /** Class vfio-dev and its numbers (3c28a76124b2, 6.1). */
  dev_class: ptr('class'),
  dev_ida: word,
  /** Id of the member of the notifier family. Constant after boot. */
  notifier: word,
  /** Period of the requests to a user whose device is to be removed. Microseconds; 10 s unless scaled. */
  request_period_us: word,
  /** 1: a removal revokes the mappings of users who are in its way. Constant after boot. */
  revoke: word,
  /** WARN_ON_ONCE of a device that is added twice. Atomic. */
  warned_add: word,
  container_cache: ptr('kmem_cache'),
  group_cache: ptr('kmem_cache'),
  unbound_cache: ptr('kmem_cache'),
  device_cache: ptr('kmem_cache'),
  file_cache: ptr('kmem_cache'),
  work_cache: ptr('kmem_cache'),
})
