/**
 * refcount: create and remove take a reference, unregistration drops the first one and waits for the last.
 *
 * Invariant    while a cookie is out, begin_unregister has not returned.
 * Order        a reference is no lock, but waiting for the last one is: it orders like unreg_sem (write).
 * Known flaw   while others are inside, the count is not 0 and newcomers still get in after unregistration began:
 *              the wait has no bound (Cornelia Huck's review).
 * Source       [PATCH v2, v3] vfio/mdev: Synchronize device create/remove with parent removal, spring 2019; rejected
 */
import { ENODEV } from '../../base/errno.ts'
import {
  complete,
  init_completion,
  refcount_dec_and_test,
  refcount_inc_not_zero,
  refcount_set,
  wait_for_completion,
} from '../../sync/index.ts'
import { mdev_parent } from '../types.ts'
import type { Gate } from './gate.ts'

const count = mdev_parent.at.refcount
const done = mdev_parent.at.unreg_completion

export const refcount: Gate = {
  name: 'refcount',
  guarded: true,
  entersFirst: false,
  drains: true,
  opensAgain: false,
  refusesAtOnce: false,
  zeroIsGone: true,
  lockdepSees: 'never',
  init(parent) {
    refcount_set(count(parent), 1)
    init_completion(done(parent))
    return 0
  },
  open() {},
  try_enter: (parent) => (refcount_inc_not_zero(count(parent)) ? 0 : -ENODEV),
  exit(parent) {
    if (refcount_dec_and_test(count(parent))) complete(done(parent))
  },
  begin_unregister(parent) {
    if (refcount_dec_and_test(count(parent))) complete(done(parent))
    wait_for_completion(done(parent))
  },
  end_unregister() {},
  destroy() {},
}
