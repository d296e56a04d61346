/**
 * Every exclusive lock of sync, or exclusive side of one, for the contract suite; and some that are wrong on purpose.
 */
import { cmpxchg, cpu_relax, futex_wait, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { BLOCKED_MUTEX, clear_blocked, current_id, set_blocked } from '../../src/mem/task.ts'
import { atomicsSyncMembers } from './atomics_sync.ts'
import { classMembers } from './class_members.ts'
import { locks, notAtRest, type Side } from '../../src/sync/members/index.ts'

export interface LockMember extends Side {
  readonly words: number
  /** True for a lock that a contended test must ask for fewer rounds: it hands over in order, or has been through more elsewhere. */
  readonly fifo?: boolean
  readonly slow?: boolean
  init(this: void, lock: number, name: string): unknown
  tryLock(this: void, lock: number): boolean
  /** '' or what of it is not at rest; absent where nobody can tell. */
  notAtRest?(this: void, lock: number): string
}

const kernel = Object.fromEntries(
  locks.flatMap(({ tryLock, ...lock }): [string, LockMember][] => {
    if (tryLock === undefined) return []
    const { name, layout, shared } = lock
    const rest = (at: number): string => notAtRest(layout, at)
    const member = { ...lock, tryLock, words: layout.words, notAtRest: rest }
    return [[shared === undefined ? name : `${name} (write)`, member]]
  }),
)

const real: Readonly<Record<string, LockMember>> = { ...kernel, ...classMembers }

/** No locking at all. */
const nothing: LockMember = {
  words: 1,
  init: () => {},
  lock: () => {},
  tryLock: () => true,
  unlock: () => {},
  lockFor: () => 0,
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
  tryLock(l) {
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
  tryLock: (l) => cmpxchg(l, 0, current_id()) === 0,
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
  tryLock: (l) => cmpxchg(l, 0, 1) === 0,
  unlock(l) {
    WRITE_ONCE(l, 0)
    futex_wake(l, 1)
  },
  lockFor(l) {
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
  nothing,
  torn,
  silent,
  deaf,
  ...atomicsSyncMembers,
}

/** Names of the members that must fulfil the contract. */
export const realMembers: readonly string[] = Object.keys(real)

/** Those of another package, where it is installed: they must fulfil it but for their known defects. */
export const foreignMembers: readonly string[] = Object.keys(atomicsSyncMembers)
