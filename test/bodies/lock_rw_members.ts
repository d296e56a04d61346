/** Every reader-writer lock under one shape, for the contract suite: those after `real` are wrong on purpose. */
import { cmpxchg, fetch_add, fetch_sub, futex_wait, futex_wake, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import { BLOCKED_RWSEM_READ, BLOCKED_RWSEM_WRITE, clear_blocked, set_blocked } from '../../src/mem/task.ts'
import {
  percpu_down_read,
  percpu_down_read_trylock,
  percpu_down_write,
  percpu_down_write_trylock,
  percpu_init_rwsem,
  percpu_rw_semaphore,
  percpu_up_read,
  percpu_up_write,
} from '../../src/sync/percpu_rwsem.ts'
import {
  read_lock,
  read_trylock,
  read_unlock,
  rwlock,
  rwlock_init,
  write_lock,
  write_trylock,
  write_unlock,
} from '../../src/sync/rwlock.ts'
import {
  down_read,
  down_read_timeout,
  down_read_trylock,
  down_write,
  down_write_trylock,
  init_rwsem,
  rw_semaphore,
  up_read,
  up_write,
} from '../../src/sync/rwsem.ts'

export interface RwMember {
  readonly words: number
  init(lock: number): void
  down_read(lock: number): void
  up_read(lock: number): void
  down_write(lock: number): void
  up_write(lock: number): void
  read_trylock(lock: number): boolean
  write_trylock(lock: number): boolean
  /** 0 or -ETIME. */
  read_timeout?(lock: number, ns: number): number
}

const real: Record<string, RwMember> = {
  rwsem: {
    words: rw_semaphore.words,
    init: (l) => init_rwsem(as(l), 'contract'),
    down_read: (l) => down_read(as(l)),
    up_read: (l) => up_read(as(l)),
    down_write: (l) => down_write(as(l)),
    up_write: (l) => up_write(as(l)),
    read_trylock: (l) => down_read_trylock(as(l)),
    write_trylock: (l) => down_write_trylock(as(l)),
    read_timeout: (l, ns) => down_read_timeout(as(l), ns),
  },
}

const more: Record<string, RwMember> = {
  rwlock: {
    words: rwlock.words,
    init: (l) => rwlock_init(as(l), 'contract'),
    down_read: (l) => read_lock(as(l)),
    up_read: (l) => read_unlock(as(l)),
    down_write: (l) => write_lock(as(l)),
    up_write: (l) => write_unlock(as(l)),
    read_trylock: (l) => read_trylock(as(l)),
    write_trylock: (l) => write_trylock(as(l)),
  },
  percpu_rwsem: {
    words: percpu_rw_semaphore.words,
    init(l) {
      percpu_init_rwsem(as(l), 'contract')
    },
    down_read: (l) => percpu_down_read(as(l)),
    up_read: (l) => percpu_up_read(as(l)),
    down_write: (l) => percpu_down_write(as(l)),
    up_write: (l) => percpu_up_write(as(l)),
    read_trylock: (l) => percpu_down_read_trylock(as(l)),
    write_trylock: (l) => percpu_down_write_trylock(as(l)),
  },
}

const WRITER = -1

/** Readers get in whenever readers are in: the pattern of a library lock whose writers starve. */
const readersFirst: RwMember = {
  words: 1,
  init: (l) => write(l, 0),
  down_read(l) {
    set_blocked(l, BLOCKED_RWSEM_READ)
    while (!readersFirst.read_trylock(l)) futex_wait(l, WRITER, 1e6)
    clear_blocked()
  },
  up_read(l) {
    if (fetch_sub(l, 1) === 1) futex_wake(l, 1)
  },
  down_write(l) {
    set_blocked(l, BLOCKED_RWSEM_WRITE)
    for (;;) {
      const seen = cmpxchg(l, 0, WRITER)
      if (seen === 0) break
      futex_wait(l, seen)
    }
    clear_blocked()
  },
  up_write(l) {
    WRITE_ONCE(l, 0)
    futex_wake(l, 1 << 20)
  },
  read_trylock(l) {
    for (;;) {
      const seen = READ_ONCE(l)
      if (seen === WRITER) return false
      if (cmpxchg(l, seen, seen + 1) === seen) return true
    }
  },
  write_trylock: (l) => cmpxchg(l, 0, WRITER) === 0,
}

/** Lets readers in beside a writer. */
const beside: RwMember = {
  ...readersFirst,
  down_read() {},
  up_read() {},
  read_trylock: () => true,
}

/** Lets one reader in at a time. */
const oneReader: RwMember = {
  ...readersFirst,
  down_read: (l) => readersFirst.down_write(l),
  up_read: (l) => readersFirst.up_write(l),
  read_trylock: (l) => readersFirst.write_trylock(l),
}

/** Wakes one waiter where it has let all of them in. */
const forgetful: RwMember = {
  ...readersFirst,
  init(l) {
    write(l, 0)
    write(l + 1, 0)
  },
  words: 2,
  down_read(l) {
    set_blocked(l, BLOCKED_RWSEM_READ)
    while (!readersFirst.read_trylock(l)) futex_wait(l + 1, READ_ONCE(l + 1))
    clear_blocked()
  },
  up_write(l) {
    WRITE_ONCE(l, 0)
    fetch_add(l + 1, 1)
    futex_wake(l + 1, 1)
  },
}

export const rwMembers: Readonly<Record<string, RwMember>> = {
  ...real,
  ...more,
  readersFirst,
  beside,
  oneReader,
  forgetful,
}

/** Names of the members that must fulfil the contract. */
export const realRwMembers: readonly string[] = Object.keys({ ...real, ...more })
