/** The classes of `lockstorm/sync`, as a program uses them: over a memory that no thread is attached to. */
import * as sync from '../../src/sync/classes/index.ts'
import { RobustMutex, RobustRwSem, Threads } from '../../src/sync/classes/robust/index.ts'
import type { Contender, Section } from '../contender.ts'
import { turns } from '../turns.ts'

/** Words of the objects: where a pair has two, and where Threads are. */
const OBJECT = 128
const OTHER = 192
const THREADS = 256

function never(): void {}

type Made = (view: Int32Array, cpu: number, workers: number) => Section

const exclusive =
  (Lock: new (view: Int32Array, address: number) => { lock(): void; unlock(): void }): Made =>
  (view) => {
    const lock = new Lock(view, OBJECT)
    return { enter: () => lock.lock(), leave: () => lock.unlock() }
  }

function robustRwSem(view: Int32Array, cpu: number, workers: number): RobustRwSem {
  new Threads(view, THREADS, workers).join()
  return cpu === 0 ? RobustRwSem.init(view, OBJECT, workers) : new RobustRwSem(view, OBJECT, workers)
}

const sections: Readonly<Record<string, Made>> = {
  Mutex: exclusive(sync.Mutex),
  ReentrantMutex: exclusive(sync.ReentrantMutex),
  SpinLock: exclusive(sync.SpinLock),
  RobustMutex(view, _cpu, workers) {
    new Threads(view, THREADS, workers).join()
    return exclusive(RobustMutex)(view, 0, workers)
  },
  'RobustRwSem.read'(view, cpu, workers) {
    const sem = robustRwSem(view, cpu, workers)
    return { enter: () => sem.lockRead(), leave: () => sem.unlockRead() }
  },
  'RobustRwSem.write'(view, cpu, workers) {
    const sem = robustRwSem(view, cpu, workers)
    return { enter: () => sem.lockWrite(), leave: () => sem.unlockWrite() }
  },
  Latch(view) {
    const open = new sync.Latch(view, OBJECT)
    return { enter: () => open.wait(), leave: never }
  },
  'Mutex.hold'(view) {
    const lock = new sync.Mutex(view, OBJECT)
    let guard: sync.Guard | undefined
    return {
      enter() {
        guard = lock.hold()
      },
      leave: () => guard?.release(),
    }
  },
  Semaphore(view, cpu) {
    const sem = cpu === 0 ? sync.Semaphore.init(view, OBJECT, 1) : new sync.Semaphore(view, OBJECT)
    return { enter: () => sem.acquire(), leave: () => sem.release() }
  },
  'RwSem.read'(view) {
    const sem = new sync.RwSem(view, OBJECT)
    return { enter: () => sem.lockRead(), leave: () => sem.unlockRead() }
  },
  'RwSem.write'(view) {
    const sem = new sync.RwSem(view, OBJECT)
    return { enter: () => sem.lockWrite(), leave: () => sem.unlockWrite() }
  },
  Srcu(view, cpu, workers) {
    const slots = 2 ** Math.ceil(Math.log2(workers))
    const srcu = cpu === 0 ? sync.Srcu.init(view, OBJECT, slots) : new sync.Srcu(view, OBJECT)
    let idx = 0
    return {
      enter() {
        idx = srcu.lock()
      },
      leave: () => srcu.unlock(idx),
    }
  },
  Condition(view, cpu, workers) {
    const [lock, changed] = [new sync.Mutex(view, OBJECT), new sync.Condition(view, OTHER)]
    return turns(view, cpu, workers, {
      lock: () => lock.lock(),
      unlock: () => lock.unlock(),
      wait: () => changed.wait(lock),
      signal: () => changed.signal(),
    })
  },
  Barrier(view, cpu, workers) {
    const barrier = cpu === 0 ? sync.Barrier.init(view, OBJECT, workers) : new sync.Barrier(view, OBJECT)
    return { enter: () => void barrier.wait(), leave: never }
  },
  Once(view) {
    const once = new sync.Once(view, OBJECT)
    return { enter: () => void once.run(never), leave: never }
  },
  Completion(view) {
    const done = new sync.Completion(view, OBJECT)
    return { enter: () => done.complete(), leave: () => done.wait() }
  },
  Channel(view, cpu) {
    const jobs = cpu === 0 ? sync.Channel.init(view, OBJECT, 64) : new sync.Channel(view, OBJECT)
    return { enter: () => jobs.send(1), leave: () => void jobs.receive() }
  },
}

export const contender: Contender = {
  name: 'lockstorm class',
  unavailable: () => Promise.resolve(''),
  bind(view, cpu, variant, _shared, workers) {
    const make = sections[variant]
    if (make === undefined) throw new Error(`lockstorm/sync has no class '${variant}'`)
    return Promise.resolve(make(view, cpu, workers))
  },
}
