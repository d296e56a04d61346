// The locks of the npm package atomics-sync, and one made of its condition variable, as they are.
//   npm install atomics-sync
//   lockstorm torture ./examples/atomics-sync.js --duration 20s
//   lockstorm explore ./examples/atomics-sync.js
const { Condition, Mutex, Semaphore, SpinLock } = await import('atomics-sync').catch(() => {
  throw new Error('atomics-sync is not installed: npm install atomics-sync')
})

// The package numbers threads from 1.
const me = (thread) => thread + 1

const mutex = {
  name: 'atomics-sync-mutex',
  words: 2,
  lock: (view, thread) => Mutex.lock(view, me(thread)),
  unlock: (view, thread) => Mutex.unlock(view, me(thread)),
  lockFor: (view, thread, ms) => Mutex.timedLock(view, me(thread), Date.now() + ms),
}

// Whoever holds a lock of it cannot ask in vain: tryLock throws there, so it is not among the ways.
const spinLock = {
  name: 'atomics-sync-spinlock',
  words: 2,
  lock: (view, thread) => SpinLock.lock(view, me(thread)),
  unlock: (view, thread) => SpinLock.unlock(view, me(thread)),
}

const semaphore = {
  name: 'atomics-sync-semaphore',
  words: 1,
  init: (view) => Atomics.store(view, 0, 1),
  lock: (view) => Semaphore.wait(view),
  unlock: (view) => Semaphore.post(view),
  tryLock: (view) => Semaphore.tryWait(view),
  lockFor: (view, _thread, ms) => Semaphore.timedWait(view, Date.now() + ms),
}

// A lock of a condition variable: words 0 and 1 are its mutex, 2 the condition, 3 says that the lock is held.
const HELD = 3
const condition = {
  name: 'atomics-sync-condition',
  words: 4,
  lock(view, thread) {
    Mutex.lock(view, me(thread))
    while (view[HELD] === 1) Condition.wait(view.subarray(2, 3), view, me(thread))
    view[HELD] = 1
    Mutex.unlock(view, me(thread))
  },
  unlock(view, thread) {
    Mutex.lock(view, me(thread))
    view[HELD] = 0
    Condition.signal(view.subarray(2, 3))
    Mutex.unlock(view, me(thread))
  },
}

export default [mutex, spinLock, semaphore, condition]
