// The classes of lockstorm/sync as locks, as a program on threads of its own uses them.
//   lockstorm torture ./examples/classes.js --duration 20s
//   lockstorm explore ./examples/classes.js
import { Channel, Condition, Mutex, ReentrantMutex, RwSem, Semaphore, SpinLock } from 'lockstorm/sync'

/**
 * Each thread's object: made anew by whoever enters, used by whoever leaves. A program makes it once; the explorer runs all threads in
 * one, again and again, and what is kept from one run would mislead the next.
 */
function objects(make) {
  const made = []
  return [(view, thread) => (made[thread] = make(view)), (thread) => made[thread]]
}

/** A lock of a class whose zeroed words are a free one. */
function exclusive(name, Lock, more = {}) {
  const [enter, inside] = objects((view) => new Lock(view, 0))
  return {
    name,
    words: Lock.WORDS,
    lock: (view, thread) => enter(view, thread).lock(),
    unlock: (_view, thread) => inside(thread).unlock(),
    tryLock: (view, thread) => enter(view, thread).tryLock(),
    lockFor: (view, thread, ms) => enter(view, thread).lockFor(ms),
    ...more,
  }
}

const [enterSem, insideSem] = objects((view) => new RwSem(view, 0))
const rwSem = {
  name: 'class-rw-sem',
  words: RwSem.WORDS,
  lock: (view, thread) => enterSem(view, thread).lockWrite(),
  unlock: (_view, thread) => insideSem(thread).unlockWrite(),
  tryLock: (view, thread) => enterSem(view, thread).tryLockWrite(),
  lockFor: (view, thread, ms) => enterSem(view, thread).lockWriteFor(ms),
  lockShared: (view, thread) => enterSem(view, thread).lockRead(),
  unlockShared: (_view, thread) => insideSem(thread).unlockRead(),
}

/** The upgradeable reader becomes the one that writes, or leaves. */
function upgraded(sem, ms) {
  if (sem.upgradeFor(ms)) return true
  sem.unlockUpgradeable()
  return false
}
const upgrade = {
  ...rwSem,
  name: 'class-rw-sem-upgraded',
  lock(view, thread) {
    const sem = enterSem(view, thread)
    sem.lockUpgradeable()
    sem.upgrade()
  },
  tryLock: (view, thread) => enterSem(view, thread).tryLockUpgradeable() && upgraded(insideSem(thread), 0),
  lockFor: (view, thread, ms) =>
    enterSem(view, thread).lockUpgradeableFor(ms) && upgraded(insideSem(thread), ms),
}

const [enterUnit] = objects((view) => new Semaphore(view, 0))
const semaphore = {
  name: 'class-semaphore',
  words: Semaphore.WORDS,
  init: (view) => void Semaphore.init(view, 0, 1),
  lock: (view, thread) => enterUnit(view, thread).acquire(),
  unlock: (view, thread) => enterUnit(view, thread).release(),
  tryLock: (view, thread) => enterUnit(view, thread).tryAcquire(),
  lockFor: (view, thread, ms) => enterUnit(view, thread).acquireFor(ms),
}

// The one element is the right to be inside.
const [enterQueue] = objects((view) => new Channel(view, 0))
const channel = {
  name: 'class-channel',
  words: Channel.words(1),
  init: (view) => Channel.init(view, 0, 1).send(1),
  lock: (view, thread) => void enterQueue(view, thread).receive(),
  unlock: (view, thread) => enterQueue(view, thread).send(1),
  tryLock: (view, thread) => enterQueue(view, thread).tryReceive() !== undefined,
  lockFor: (view, thread, ms) => enterQueue(view, thread).receiveFor(ms) !== undefined,
}

// Whether the lock is held is a word, which a mutex guards and a condition tells of.
const CHANGED = Mutex.WORDS
const HELD = CHANGED + Condition.WORDS
const [enterParts] = objects((view) => [new Mutex(view, 0), new Condition(view, CHANGED)])
const condition = {
  name: 'class-condition',
  words: HELD + 1,
  lock(view, thread) {
    const [lock, changed] = enterParts(view, thread)
    lock.run(() => {
      changed.waitUntil(lock, () => view[HELD] === 0)
      view[HELD] = 1
    })
  },
  unlock(view, thread) {
    const [lock, changed] = enterParts(view, thread)
    lock.run(() => {
      view[HELD] = 0
      changed.signal()
    })
  },
  lockFor(view, thread, ms) {
    const [lock, changed] = enterParts(view, thread)
    return lock.run(() => {
      const free = changed.waitUntil(lock, () => view[HELD] === 0, ms)
      if (free) view[HELD] = 1
      return free
    })
  },
}

export default [
  exclusive('class-mutex', Mutex),
  exclusive('class-reentrant-mutex', ReentrantMutex, { recursive: true }),
  exclusive('class-spin-lock', SpinLock),
  rwSem,
  upgrade,
  semaphore,
  channel,
  condition,
]
