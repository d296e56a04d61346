/**
 * rwsem: create and remove read, unregistration writes.
 *
 * Invariant    while a cookie is out, begin_unregister has not returned.
 * Order        unreg_sem (read) → driver core and vendor locks; unreg_sem (write) → kernfs drain.
 * Context      try_enter only tries: it also fails while a writer merely waits, so newcomers get ENODEV at once.
 * Known flaw   held across the vendor's remove, it inverts with any lock under which a vendor unregisters
 *              (devlink_mutex, the thread of November 2019).
 * Source       5715c4dd66a3, 5.2
 */
import { ENODEV } from '../../base/errno.ts'
import { down_read_trylock, down_write, init_rwsem, up_read, up_write } from '../../sync/index.ts'
import { mdev_parent } from '../types.ts'
import type { Gate } from './gate.ts'

const sem = mdev_parent.at.unreg_sem

export const rwsem: Gate = {
  name: 'rwsem',
  guarded: true,
  entersFirst: false,
  drains: true,
  opensAgain: true,
  refusesAtOnce: true,
  zeroIsGone: false,
  lockdepSees: 'always',
  init(parent) {
    init_rwsem(sem(parent), '&parent->unreg_sem')
    return 0
  },
  open() {},
  try_enter: (parent) => (down_read_trylock(sem(parent)) ? 0 : -ENODEV),
  exit(parent) {
    up_read(sem(parent))
  },
  begin_unregister(parent) {
    down_write(sem(parent))
  },
  end_unregister(parent) {
    up_write(sem(parent))
  },
  destroy() {},
}
