/**
 * srcu: create and remove are readers, unregistration publishes NULL and waits for a grace period.
 *
 * Invariant    while a cookie is out, begin_unregister has not returned. `self` is the parent while it is registered.
 * Order        the read side is no lock to 2019's lockdep, but synchronize_srcu waits for it: it orders like unreg_sem.
 * Known flaw   the read side still covers the vendor's remove: the deadlock with devlink_mutex stays, only its report
 *              went away, until lockdep learnt of synchronize_srcu (f0f44752f5f6, 6.4).
 * Note         a reader that finds NULL leaves at once; the walk over the children runs outside any reader.
 * Source       [PATCH net-next 11/19] vfio/mdev: Use SRCU instead of semaphore, November 2019; never merged
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { ENODEV } from '../../base/errno.ts'
import {
  cleanup_srcu_struct,
  init_srcu_struct,
  srcu_read_lock,
  srcu_read_unlock,
  synchronize_srcu,
} from '../../sync/index.ts'
import { mdev_parent } from '../types.ts'
import type { Gate } from './gate.ts'

const domain = mdev_parent.at.unreg_srcu
const SELF = mdev_parent.offset.self

export const srcu: Gate = {
  name: 'srcu',
  guarded: true,
  entersFirst: true,
  drains: true,
  opensAgain: false,
  refusesAtOnce: true,
  zeroIsGone: true,
  lockdepSees: 'today',
  init: (parent) => init_srcu_struct(domain(parent), '&parent->unreg_srcu'),
  open(parent) {
    WRITE_ONCE(parent + SELF, parent)
  },
  try_enter(parent) {
    const idx = srcu_read_lock(domain(parent))
    if (READ_ONCE(parent + SELF) !== 0) return idx
    srcu_read_unlock(domain(parent), idx)
    return -ENODEV
  },
  exit(parent, cookie) {
    srcu_read_unlock(domain(parent), cookie)
  },
  begin_unregister(parent) {
    WRITE_ONCE(parent + SELF, 0)
    synchronize_srcu(domain(parent))
  },
  end_unregister() {},
  destroy(parent) {
    cleanup_srcu_struct(domain(parent))
  },
}
