/**
 * percpu_ref: as refcount, but the count is per CPU until unregistration begins, and newcomers are refused from then on.
 *
 * Invariant    while a cookie is out, begin_unregister has not returned.
 * Order        like unreg_sem: waiting for the last reference is a lock in all but name.
 * Source       ours; the primitive is lib/percpu-refcount.c
 */
import { ENODEV } from '../../base/errno.ts'
import {
  percpu_ref_exit,
  percpu_ref_init,
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../../sync/index.ts'
import { mdev_parent } from '../types.ts'
import type { Gate } from './gate.ts'

const ref = mdev_parent.at.unreg_ref

export const percpu_ref: Gate = {
  name: 'percpu_ref',
  guarded: true,
  // As the SRCU patch does: a create that must fail never holds a uuid that another parent could want.
  entersFirst: true,
  drains: true,
  opensAgain: false,
  refusesAtOnce: true,
  zeroIsGone: false,
  lockdepSees: 'never',
  init: (parent) => percpu_ref_init(ref(parent), '&parent->unreg_ref'),
  open() {},
  try_enter: (parent) => (percpu_ref_tryget_live(ref(parent)) ? 0 : -ENODEV),
  exit(parent) {
    percpu_ref_put(ref(parent))
  },
  begin_unregister(parent) {
    percpu_ref_kill(ref(parent))
    percpu_ref_wait(ref(parent))
  },
  end_unregister() {},
  destroy(parent) {
    percpu_ref_exit(ref(parent))
  },
}
