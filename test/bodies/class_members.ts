/** The classes of the library as members of the lock contract, over the arena that the worker is attached to. */
import { memory } from '#access'
import { ETIME } from '../../src/base/errno.ts'
import { NSEC_PER_MSEC } from '../../src/base/constants.ts'
import { Channel, Mutex, RwSem, Semaphore, SpinLock } from '../../src/sync/classes/index.ts'
import type { LockMember } from './lock_members.ts'

/** One object per place and thread, as a program would have it. */
function objects<T>(make: (view: Int32Array, address: number) => T): (lock: number) => T {
  const made = new Map<number, T>()
  let view: Int32Array = new Int32Array(0)
  return (lock) => {
    if (view !== memory()) made.clear()
    view = memory()
    let one = made.get(lock)
    if (one === undefined) made.set(lock, (one = make(view, lock)))
    return one
  }
}

interface Way<T> {
  readonly words: number
  readonly make: (view: Int32Array, address: number) => T
  readonly init?: (it: T) => void
  readonly lock: (it: T) => unknown
  readonly tryLock: (it: T) => boolean
  readonly lockFor: (it: T, ms: number) => boolean
  readonly unlock: (it: T) => unknown
}

function member<T>({
  words,
  make,
  init,
  lock,
  tryLock: attempt,
  lockFor: forMs,
  unlock,
}: Way<T>): LockMember {
  const at = objects(make)
  return {
    words,
    // The functions below have been through all rounds.
    slow: true,
    init: (l) => init?.(at(l)),
    lock: (l) => void lock(at(l)),
    tryLock: (l) => attempt(at(l)),
    unlock: (l) => void unlock(at(l)),
    lockFor: (l, ns) => (forMs(at(l), ns / NSEC_PER_MSEC) ? 0 : -ETIME),
  }
}

/** See the head of this file. */
export const classMembers: Readonly<Record<string, LockMember>> = {
  'class Mutex': member({
    words: Mutex.WORDS,
    make: (view, address) => new Mutex(view, address),
    lock: (it) => it.lock(),
    tryLock: (it) => it.tryLock(),
    lockFor: (it, ms) => it.lockFor(ms),
    unlock: (it) => it.unlock(),
  }),
  'class SpinLock': member({
    words: SpinLock.WORDS,
    make: (view, address) => new SpinLock(view, address),
    lock: (it) => it.lock(),
    tryLock: (it) => it.tryLock(),
    lockFor: (it, ms) => it.lockFor(ms),
    unlock: (it) => it.unlock(),
  }),
  'class RwSem (write)': member({
    words: RwSem.WORDS,
    make: (view, address) => new RwSem(view, address),
    lock: (it) => it.lockWrite(),
    tryLock: (it) => it.tryLockWrite(),
    lockFor: (it, ms) => it.lockWriteFor(ms),
    unlock: (it) => it.unlockWrite(),
  }),
  'class RwSem (upgrade)': member({
    words: RwSem.WORDS,
    make: (view, address) => new RwSem(view, address),
    lock(it) {
      it.lockUpgradeable()
      it.upgrade()
    },
    tryLock: (it) => it.tryLockUpgradeable() && it.upgradeFor(1e9),
    lockFor: (it, ms) => it.lockUpgradeableFor(ms) && it.upgradeFor(1e9),
    unlock: (it) => it.unlockWrite(),
  }),
  'class Semaphore': member({
    words: Semaphore.WORDS,
    make: (view, address) => new Semaphore(view, address),
    init: (it) => it.release(),
    lock: (it) => it.acquire(),
    tryLock: (it) => it.tryAcquire(),
    lockFor: (it, ms) => it.acquireFor(ms),
    unlock: (it) => it.release(),
  }),
  // A channel of one element is a lock: who has the element is inside.
  'class Channel': member({
    words: Channel.words(1),
    make: (view, address) => new Channel(view, address),
    init(it) {
      Channel.init(it.view, it.address, 1).send(1)
    },
    lock: (it) => it.receive(),
    tryLock: (it) => it.tryReceive() !== undefined,
    lockFor: (it, ms) => it.receiveFor(ms) !== undefined,
    unlock: (it) => it.send(1),
  }),
}
