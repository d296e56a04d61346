/**
 * Objects of devlink: the instances, and the locks that every request goes through.
 *
 * Lock order   cb_lock (read) → genl_mutex → devlink_mutex → what the driver's operation takes. That is the order of 2019;
 *              with `per_instance` devlink_mutex guards the list only, and a request holds the lock of its own instance.
 * Source       net/core/devlink.c, net/netlink/genetlink.c, 5.4; the locks of instances alone as since 6.0 (d3efc2a6a6d8); before it a request
 *              took devlink_mutex and the lock of its instance
 */
import type { Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { embed, guarded_by, ptr, struct, word } from '../../mem/layout.ts'
import { list_head } from '../../mem/list.ts'
import { kref, mutex, rw_semaphore } from '../../sync/index.ts'

/** Modes of an eswitch, as DEVLINK_ESWITCH_MODE_* number them. */
export const ESWITCH_LEGACY = 0
export const ESWITCH_SWITCHDEV = 1

/** Answer of an operation that wants to go on when the request's locks are dropped, before the request returns. */
export const TO_SETTLE = 1

/** What a driver supplies. */
export interface DevlinkOps {
  /** Changes the mode: 0, TO_SETTLE or a negative errno. The request's locks are held. Missing: no eswitch. */
  eswitch_mode_set?(data: number, mode: number): number
  /**
   * The rest of a change that answered TO_SETTLE: no lock of the request is held, and another request may run; the instance is
   * referenced, and may have been unregistered. No devlink ever had it: a change that a driver of ours declares.
   */
  eswitch_mode_settle?(data: number): void
}

/** All drivers' operations. */
export const devlink_ops = new OpsTable<DevlinkOps>('devlink_ops')

/** An instance: what user space addresses as `mdev/<uuid>` or `pci/0000:06:00.0`. */
export const devlink = struct('devlink', {
  ref: embed(kref),
  /** Member of devlink_globals.list. */
  node: guarded_by('devlink_mutex', embed(list_head)),
  lock: embed(mutex),
  /** 1 between register and unregister. */
  registered: guarded_by('devlink_mutex or devlink->lock', word),
  /** Device it belongs to. */
  dev: ptr('device'),
  /** Id of devlink_ops. */
  ops: word,
  /** The driver's own object. */
  data: word,
})
export type Devlink = Addr<'devlink'>

export const devlink_globals = struct('devlink_globals', {
  /** Of generic netlink: requests read, families that register write. */
  cb_lock: embed(rw_semaphore),
  /** Of generic netlink: one request of an ordinary family at a time. */
  genl_mutex: embed(mutex),
  devlink_mutex: embed(mutex),
  list: guarded_by('devlink_mutex', embed(list_head)),
  cache: ptr('kmem_cache'),
  /** 1: a request holds its instance's lock only, as kernels do that came later. Constant while requests run. */
  per_instance: word,
})
