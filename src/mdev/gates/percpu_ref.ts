/**
 * percpu_ref: as refcount, but the count is per CPU until unregistration begins, and newcomers are refused from then on.
 *
 * Invariant    while a cookie is out, begin_unregister has not returned.
 * Order        like unreg_sem: waiting for the last reference is a lock in all but name. Lockdep is told so, as the block layer
 *              does for its frozen queues (f1be1788a32e, 6.13): who enters holds a lock for reading, who waits takes it for writing.
 * Source       ours; the primitive is lib/percpu-refcount.c
 */
import {
  LOCK_MAP,
  LOCK_READ,
  LOCK_WRITE,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_init,
  trace_lock_release,
} from '#trace'
import type { Addr } from '../../base/addr.ts'
import { ENODEV } from '../../base/errno.ts'
import {
  percpu_ref_exit,
  percpu_ref_init,
  percpu_ref_is_dying,
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../../sync/index.ts'
import { mdev_parent } from '../types.ts'
import type { Gate } from './gate.ts'

const ref = mdev_parent.at.unreg_ref
const MAP = mdev_parent.offset.unreg_map

/** Tells lockdep that the gate is taken as a lock would be: entering only tries, waiting does not. */
function annotate(parent: Addr<'mdev_parent'>, mode: number): void {
  trace_lock_acquire(ref(parent), parent + MAP, 0, mode === LOCK_READ, mode, 0)
  trace_lock_acquired(ref(parent))
}

export const percpu_ref: Gate = {
  name: 'percpu_ref',
  guarded: true,
  // As the SRCU patch does: a create that must fail never holds a uuid that another parent could want.
  entersFirst: true,
  drains: true,
  opensAgain: false,
  refusesAtOnce: true,
  zeroIsGone: false,
  lockdepSees: 'always',
  init(parent) {
    trace_lock_init(ref(parent), parent + MAP, '&parent->unreg_ref', LOCK_MAP)
    return percpu_ref_init(ref(parent), '&parent->unreg_ref')
  },
  open() {},
  try_enter(parent) {
    if (!percpu_ref_tryget_live(ref(parent))) return -ENODEV
    annotate(parent, LOCK_READ)
    return 0
  },
  exit(parent) {
    trace_lock_release(ref(parent), parent + MAP)
    percpu_ref_put(ref(parent))
  },
  close(parent) {
    percpu_ref_kill(ref(parent))
  },
  begin_unregister(parent) {
    if (!percpu_ref_is_dying(ref(parent))) percpu_ref_kill(ref(parent))
    annotate(parent, LOCK_WRITE)
    percpu_ref_wait(ref(parent))
    trace_lock_release(ref(parent), parent + MAP)
  },
  end_unregister() {},
  destroy(parent) {
    percpu_ref_exit(ref(parent))
  },
}
