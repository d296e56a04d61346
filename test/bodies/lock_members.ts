/**
 * Every exclusive lock under one shape, for the contract suite: `busted` members are wrong on purpose.
 */
import { cmpxchg, cpu_relax, futex_wait, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, NULL } from '../../src/base/addr.ts'
import { BLOCKED_MUTEX, clear_blocked, current_id, set_blocked } from '../../src/mem/task.ts'
import { atomicsSyncMembers } from './atomics_sync.ts'
import { classMembers } from './class_members.ts'
import {
  mcs_lock,
  mcs_lock_init,
  mcs_spin_lock,
  mcs_spin_trylock,
  mcs_spin_unlock,
} from '../../src/sync/mcs_lock.ts'
import {
  percpu_down_write,
  percpu_down_write_trylock,
  percpu_init_rwsem,
  percpu_rw_semaphore,
  percpu_up_write,
} from '../../src/sync/percpu_rwsem.ts'
import { rwlock, rwlock_init, write_lock, write_trylock, write_unlock } from '../../src/sync/rwlock.ts'
import {
  down,
  down_interruptible,
  down_timeout,
  down_trylock,
  sema_init,
  semaphore,
  up,
} from '../../src/sync/semaphore.ts'
import {
  ticket_lock,
  ticket_lock_init,
  ticket_spin_lock,
  ticket_spin_trylock,
  ticket_spin_unlock,
} from '../../src/sync/ticket_lock.ts'
import {
  ww_mutex,
  ww_mutex_init,
  ww_mutex_lock,
  ww_mutex_lock_interruptible,
  ww_mutex_trylock,
  ww_mutex_unlock,
} from '../../src/sync/ww_mutex.ts'
import {
  down_write,
  down_write_killable,
  down_write_timeout,
  down_write_trylock,
  init_rwsem,
  rw_semaphore,
  up_write,
} from '../../src/sync/rwsem.ts'
import {
  mutex,
  mutex_init,
  mutex_lock,
  mutex_lock_interruptible,
  mutex_lock_timeout,
  mutex_trylock,
  mutex_unlock,
} from '../../src/sync/mutex.ts'
import { spin_lock, spin_lock_init, spin_trylock, spin_unlock, spinlock } from '../../src/sync/spinlock.ts'

export interface LockMember {
  readonly words: number
  /** True for a lock that a contended test must ask for fewer rounds. */
  readonly slow?: boolean
  init(lock: number): void
  lock(lock: number): void
  trylock(lock: number): boolean
  unlock(lock: number): void
  /** 0 or -ETIME; absent where the kernel has no such call. */
  lockTimeout?(lock: number, ns: number): number
  /** 0 or -EINTR. */
  lockInterruptible?(lock: number): number
}

const real: Record<string, LockMember> = {
  spinlock: {
    words: spinlock.words,
    init: (l) => spin_lock_init(as(l), 'contract'),
    lock: (l) => spin_lock(as(l)),
    trylock: (l) => spin_trylock(as(l)),
    unlock: (l) => spin_unlock(as(l)),
  },
  mutex: {
    words: mutex.words,
    init: (l) => mutex_init(as(l), 'contract'),
    lock: (l) => mutex_lock(as(l)),
    trylock: (l) => mutex_trylock(as(l)),
    unlock: (l) => mutex_unlock(as(l)),
    lockTimeout: (l, ns) => mutex_lock_timeout(as(l), ns),
    lockInterruptible: (l) => mutex_lock_interruptible(as(l)),
  },
  semaphore: {
    words: semaphore.words,
    init: (l) => sema_init(as(l), 1),
    lock: (l) => down(as(l)),
    trylock: (l) => down_trylock(as(l)) === 0,
    unlock: (l) => up(as(l)),
    lockTimeout: (l, ns) => down_timeout(as(l), ns),
    lockInterruptible: (l) => down_interruptible(as(l)),
  },
  ww_mutex: {
    words: ww_mutex.words,
    init: (l) => ww_mutex_init(as(l), 'contract'),
    lock: (l) => ww_mutex_lock(as(l), NULL),
    trylock: (l) => ww_mutex_trylock(as(l), NULL),
    unlock: (l) => ww_mutex_unlock(as(l)),
    lockInterruptible: (l) => ww_mutex_lock_interruptible(as(l), NULL),
  },
  'rwlock (write)': {
    words: rwlock.words,
    init: (l) => rwlock_init(as(l), 'contract'),
    lock: (l) => write_lock(as(l)),
    trylock: (l) => write_trylock(as(l)),
    unlock: (l) => write_unlock(as(l)),
  },
  'percpu_rwsem (write)': {
    words: percpu_rw_semaphore.words,
    init(l) {
      percpu_init_rwsem(as(l), 'contract')
    },
    lock: (l) => percpu_down_write(as(l)),
    trylock: (l) => percpu_down_write_trylock(as(l)),
    unlock: (l) => percpu_up_write(as(l)),
  },
  'rwsem (write)': {
    words: rw_semaphore.words,
    init: (l) => init_rwsem(as(l), 'contract'),
    lock: (l) => down_write(as(l)),
    trylock: (l) => down_write_trylock(as(l)),
    unlock: (l) => up_write(as(l)),
    lockTimeout: (l, ns) => down_write_timeout(as(l), ns),
    lockInterruptible: (l) => down_write_killable(as(l)),
  },
}

/** In order of arrival: slow with more workers than cores, and asked for fewer rounds. */
const fifo: Record<string, LockMember> = {
  ticket_lock: {
    words: ticket_lock.words,
    slow: true,
    init: (l) => ticket_lock_init(as(l), 'contract'),
    lock: (l) => ticket_spin_lock(as(l)),
    trylock: (l) => ticket_spin_trylock(as(l)),
    unlock: (l) => ticket_spin_unlock(as(l)),
  },
  mcs_lock: {
    words: mcs_lock.words,
    slow: true,
    init: (l) => mcs_lock_init(as(l), 'contract'),
    lock: (l) => mcs_spin_lock(as(l)),
    trylock: (l) => mcs_spin_trylock(as(l)),
    unlock: (l) => mcs_spin_unlock(as(l)),
  },
}

/** No locking at all. */
const nothing: LockMember = {
  words: 1,
  init: () => {},
  lock: () => {},
  trylock: () => true,
  unlock: () => {},
  lockTimeout: () => 0,
  lockInterruptible: () => 0,
}

/** Test and set in two steps, with time between them for another to pass the test. */
const torn: LockMember = {
  ...nothing,
  init: (l) => write(l, 0),
  lock(l) {
    while (READ_ONCE(l) !== 0) cpu_relax()
    futex_wait(0, 0, 50_000)
    write(l, 1)
  },
  trylock(l) {
    if (read(l) !== 0) return false
    write(l, 1)
    return true
  },
  unlock: (l) => WRITE_ONCE(l, 0),
}

/** Sleeps like a mutex; its unlock notifies nobody. */
const silent: LockMember = {
  ...nothing,
  init: (l) => write(l, 0),
  lock(l) {
    set_blocked(l, BLOCKED_MUTEX)
    while (cmpxchg(l, 0, current_id()) !== 0) futex_wait(l, READ_ONCE(l) || -1)
    clear_blocked()
  },
  trylock: (l) => cmpxchg(l, 0, current_id()) === 0,
  unlock: (l) => WRITE_ONCE(l, 0),
}

/** A real lock whose time-out and signal variants wait for ever. */
const deaf: LockMember = {
  ...nothing,
  init: (l) => write(l, 0),
  lock(l) {
    for (;;) {
      const seen = cmpxchg(l, 0, 1)
      if (seen === 0) return
      futex_wait(l, seen)
    }
  },
  trylock: (l) => cmpxchg(l, 0, 1) === 0,
  unlock(l) {
    WRITE_ONCE(l, 0)
    futex_wake(l, 1)
  },
  lockTimeout(l) {
    deaf.lock(l)
    return 0
  },
  lockInterruptible(l) {
    deaf.lock(l)
    return 0
  },
}

export const members: Readonly<Record<string, LockMember>> = {
  ...real,
  ...classMembers,
  ...fifo,
  nothing,
  torn,
  silent,
  deaf,
  ...atomicsSyncMembers,
}

/** Names of the members that must fulfil the contract. */
export const realMembers: readonly string[] = Object.keys({ ...real, ...classMembers, ...fifo })

/** Those of another package, where it is installed: they must fulfil it but for their known defects. */
export const foreignMembers: readonly string[] = Object.keys(atomicsSyncMembers)
