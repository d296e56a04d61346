/**
 * The locks of src/sync that poll, as locktorture sees them.
 */
import { READ_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import {
  mcs_lock,
  mcs_lock_init,
  mcs_spin_lock,
  mcs_spin_trylock,
  mcs_spin_unlock,
} from '../../sync/mcs_lock.ts'
import {
  read_lock,
  read_trylock,
  read_unlock,
  rwlock,
  rwlock_init,
  write_lock,
  write_trylock,
  write_unlock,
} from '../../sync/rwlock.ts'
import { readers, WRITER } from '../../sync/rw_word.ts'
import {
  spin_is_locked,
  spin_lock,
  spin_lock_init,
  spin_lock_nested,
  spin_trylock,
  spin_unlock,
  spinlock,
} from '../../sync/spinlock.ts'
import {
  ticket_lock,
  ticket_lock_init,
  ticket_spin_lock,
  ticket_spin_trylock,
  ticket_spin_unlock,
} from '../../sync/ticket_lock.ts'
import type { LockOps } from './ops.ts'

const NEXT = ticket_lock.offset.next

export const SPINNING: readonly LockOps[] = [
  {
    name: 'spin_lock',
    summary: 'spinlock',
    words: spinlock.words,
    sleeps: false,
    init: (l, name) => spin_lock_init(as(l), name),
    writelock: (l, task) => {
      if (!task.one_in(4) || !spin_trylock(as(l))) spin_lock(as(l))
    },
    writeunlock: (l) => spin_unlock(as(l)),
    nestedlock: (l, subclass) => spin_lock_nested(as(l), subclass),
    isFree: (l) => !spin_is_locked(as(l)),
  },
  {
    name: 'ticket_lock',
    summary: 'FIFO spinlock with tickets: kept to be measured',
    words: ticket_lock.words,
    sleeps: false,
    naps: true,
    init: (l, name) => ticket_lock_init(as(l), name),
    writelock: (l, task) => {
      if (!task.one_in(4) || !ticket_spin_trylock(as(l))) ticket_spin_lock(as(l))
    },
    writeunlock: (l) => ticket_spin_unlock(as(l)),
    isFree: (l) => READ_ONCE(l) === READ_ONCE(l + NEXT),
  },
  {
    name: 'mcs_lock',
    summary: 'FIFO spinlock with a queue of nodes: kept to be measured',
    words: mcs_lock.words,
    sleeps: false,
    naps: true,
    init: (l, name) => mcs_lock_init(as(l), name),
    writelock: (l, task) => {
      if (!task.one_in(4) || !mcs_spin_trylock(as(l))) mcs_spin_lock(as(l))
    },
    writeunlock: (l) => mcs_spin_unlock(as(l)),
    isFree: (l) => READ_ONCE(l) === 0,
  },
  {
    name: 'rw_lock',
    summary: 'rwlock: readers and writers that must not sleep inside',
    words: rwlock.words,
    sleeps: false,
    init: (l, name) => rwlock_init(as(l), name),
    writelock: (l, task) => {
      if (!task.one_in(4) || !write_trylock(as(l))) write_lock(as(l))
    },
    writeunlock: (l) => write_unlock(as(l)),
    readlock: (l, task) => {
      if (!task.one_in(4) || !read_trylock(as(l))) read_lock(as(l))
    },
    readunlock: (l) => read_unlock(as(l)),
    isFree: (l) => (READ_ONCE(l) & WRITER) === 0 && readers(READ_ONCE(l)) === 0,
  },
]
