/** Every reader-writer lock of sync, for the contract suite, and some that are wrong on purpose. */
import { cmpxchg, fetch_add, fetch_sub, futex_wait, futex_wake, READ_ONCE, write, WRITE_ONCE } from '#access'
import { BLOCKED_RWSEM_READ, BLOCKED_RWSEM_WRITE, clear_blocked, set_blocked } from '../../src/mem/task.ts'
import { locks, notAtRest, type Side } from '../../src/sync/members/index.ts'

interface TrySide extends Side {
  tryLock(this: void, lock: number): boolean
}

export interface RwMember extends TrySide {
  readonly words: number
  init(this: void, lock: number, name: string): unknown
  readonly shared: TrySide
  /** '' or what of it is not at rest. */
  notAtRest(this: void, lock: number): string
}

const real = Object.fromEntries(
  locks.flatMap(({ tryLock, shared, ...lock }): [string, RwMember][] => {
    const tryRead = shared?.tryLock
    if (tryLock === undefined || shared === undefined || tryRead === undefined) return []
    const rest = (at: number): string => notAtRest(lock.layout, at)
    const sides = { tryLock, shared: { ...shared, tryLock: tryRead } }
    return [[lock.name, { ...lock, ...sides, words: lock.layout.words, notAtRest: rest }]]
  }),
)

const WRITER = -1

function tryRead(l: number): boolean {
  for (;;) {
    const seen = READ_ONCE(l)
    if (seen === WRITER) return false
    if (cmpxchg(l, seen, seen + 1) === seen) return true
  }
}

/** Readers get in whenever readers are in: the pattern of a library lock whose writers starve. */
const readersFirst: RwMember = {
  words: 1,
  init: (l) => write(l, 0),
  notAtRest: () => '',
  lock(l) {
    set_blocked(l, BLOCKED_RWSEM_WRITE)
    for (;;) {
      const seen = cmpxchg(l, 0, WRITER)
      if (seen === 0) break
      futex_wait(l, seen)
    }
    clear_blocked()
  },
  unlock(l) {
    WRITE_ONCE(l, 0)
    futex_wake(l, 1 << 20)
  },
  tryLock: (l) => cmpxchg(l, 0, WRITER) === 0,
  shared: {
    lock(l) {
      set_blocked(l, BLOCKED_RWSEM_READ)
      while (!tryRead(l)) futex_wait(l, WRITER, 1e6)
      clear_blocked()
    },
    unlock(l) {
      if (fetch_sub(l, 1) === 1) futex_wake(l, 1)
    },
    tryLock: tryRead,
  },
}

/** Lets readers in beside a writer. */
const beside: RwMember = { ...readersFirst, shared: { lock() {}, unlock() {}, tryLock: () => true } }

/** Lets one reader in at a time. */
const oneReader: RwMember = { ...readersFirst, shared: readersFirst }

/** Wakes one waiter where it has let all of them in. */
const forgetful: RwMember = {
  ...readersFirst,
  init(l) {
    write(l, 0)
    write(l + 1, 0)
  },
  words: 2,
  unlock(l) {
    WRITE_ONCE(l, 0)
    fetch_add(l + 1, 1)
    futex_wake(l + 1, 1)
  },
  shared: {
    ...readersFirst.shared,
    lock(l) {
      set_blocked(l, BLOCKED_RWSEM_READ)
      while (!tryRead(l)) futex_wait(l + 1, READ_ONCE(l + 1))
      clear_blocked()
    },
  },
}

export const rwMembers: Readonly<Record<string, RwMember>> = {
  ...real,
  readersFirst,
  beside,
  oneReader,
  forgetful,
}

/** Names of the members that must fulfil the contract. */
export const realRwMembers: readonly string[] = Object.keys(real)
