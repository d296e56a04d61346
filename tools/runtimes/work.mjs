// What the threads of the check do, in any runtime: four workers under each class, whose sums are exact if it excludes.
import * as L from 'lockstorm/sync'
import * as R from 'lockstorm/sync/robust'

export const ROUNDS = 1000
export const THREADS = 4

export const shared = L.layout({
  threads: R.Threads.of(THREADS + 2),
  mutex: L.Mutex,
  again: L.ReentrantMutex,
  spin: L.SpinLock,
  rw: L.RwSem,
  robust: R.RobustMutex,
  robustRw: R.RobustRwSem.of(THREADS + 2),
  sem: L.Semaphore.of(1),
  cond: L.Condition,
  under: L.Mutex,
  latch: L.Latch.of(THREADS),
  meet: L.Barrier.of(THREADS),
  once: L.Once,
  srcu: L.Srcu.of(4),
  go: L.Completion,
  jobs: L.Channel.of(8),
  sums: L.words(32),
  // For the worker that ends while it holds the robust locks.
  held: L.Latch.of(1),
})

/** Word of `sums` and what it must be in the end. */
export const WANTED = {
  Mutex: [1, ROUNDS * THREADS],
  ReentrantMutex: [2, ROUNDS * THREADS],
  SpinLock: [3, ROUNDS * THREADS],
  RwSem: [4, 2 * ROUNDS * THREADS],
  Semaphore: [5, ROUNDS * THREADS],
  Condition: [6, ROUNDS * THREADS],
  Channel: [7, (ROUNDS * THREADS) / 2],
  Once: [8, 1],
  Barrier: [9, 0],
  Srcu: [10, 0],
  RobustMutex: [11, ROUNDS * THREADS],
  RobustRwSem: [12, 2 * ROUNDS * THREADS],
  Completion: [13, THREADS],
  Latch: [14, THREADS],
}

export function work(it, me) {
  const { sums } = it
  const add = (i, n = 1) => {
    sums[i] += n
  }
  it.go.wait()
  Atomics.add(sums, 13, 1)
  it.meet.wait()
  // Nobody is past the barrier before all have come.
  if (Atomics.load(sums, 13) !== THREADS) add(9)
  it.once.run(() => add(8))
  for (let i = 0; i < ROUNDS; i++) {
    it.mutex.run(() => add(1))
    it.again.run(() => it.again.run(() => add(2)))
    it.spin.run(() => add(3))
    it.rw.runWrite(() => add(4))
    it.rw.lockUpgradeable()
    it.rw.upgrade()
    add(4)
    it.rw.unlockWrite()
    it.sem.run(() => add(5))
    it.under.run(() => {
      add(6)
      it.cond.broadcast()
    })
    if (me % 2 === 0) it.jobs.send(1)
    else Atomics.add(sums, 7, it.jobs.receive())
    it.srcu.run(() => sums[1])
    it.robust.run(() => add(11))
    it.robustRw.runWrite(() => add(12))
    it.robustRw.lockUpgradeable()
    it.robustRw.upgrade()
    add(12)
    it.robustRw.unlockWrite()
  }
  it.under.run(() => it.cond.waitUntil(it.under, () => sums[6] === ROUNDS * THREADS))
  it.srcu.synchronize()
  Atomics.add(sums, 14, 1)
  it.latch.countDown()
}

/** A worker that ends with both robust locks in its hands. */
export function hold(it) {
  it.robust.lock()
  it.robustRw.lockWrite()
  it.held.countDown()
}

export { explored } from './explored.mjs'
