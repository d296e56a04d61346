/** Bodies that use the classes on a plain SharedArrayBuffer, beside the arena that the worker is attached to. */
import { smp_processor_id } from '#access'
import {
  Barrier,
  Channel,
  Completion,
  Condition,
  Latch,
  Mutex,
  Once,
  ReentrantMutex,
  RwSem,
  Semaphore,
  SpinLock,
  Srcu,
} from '../../src/sync/classes/index.ts'

/** Where each object lives, in words. */
export const AT = {
  mutex: 0,
  spin: 8,
  rw: 16,
  semaphore: 32,
  completion: 40,
  condition: 48,
  barrier: 56,
  once: 64,
  values: 128,
  srcu: 256,
  latch: 68,
  reentrant: 72,
  channel: 512,
} as const

export interface ClassesArg {
  readonly memory: SharedArrayBuffer
  readonly rounds: number
}

/** Adds to three plain words, each under another lock. Returns whether the worker still is its CPU afterwards. */
export function countUnderLocks(cpu: number, _cpus: number, { memory, rounds }: ClassesArg): boolean {
  const view = new Int32Array(memory)
  const mutex = new Mutex(memory, AT.mutex)
  const spin = new SpinLock(memory, AT.spin)
  const rw = new RwSem(memory, AT.rw)
  const bump = (word: number): void => {
    view[AT.values + word] = (view[AT.values + word] as number) + 1
  }
  for (let i = 0; i < rounds; i++) {
    {
      using _ = mutex.hold()
      bump(0)
    }
    spin.run(() => {
      bump(1)
    })
    {
      using _ = rw.holdWrite()
      bump(2)
    }
    rw.lockRead()
    rw.unlockRead()
  }
  return smp_processor_id() === cpu
}

/** One producer, the others consume, over a mutex and a condition. Returns how many this one consumed. */
export function consume(cpu: number, cpus: number, { memory, rounds }: ClassesArg): number {
  const view = new Int32Array(memory)
  const mutex = new Mutex(memory, AT.mutex)
  const changed = new Condition(memory, AT.condition)
  const [queued, left] = [AT.values, AT.values + 1]
  if (cpu === 0) Atomics.store(view, left, rounds)
  new Barrier(memory, AT.barrier).wait()
  let took = 0
  for (;;) {
    using _ = mutex.hold()
    if (cpu === 0) {
      if (view[left] === 0 && view[queued] === 0) break
      if (view[left] !== 0 && (view[queued] as number) < 3) {
        view[left] = (view[left] as number) - 1
        view[queued] = (view[queued] as number) + 1
        changed.broadcast()
      } else {
        changed.wait(mutex)
      }
    } else {
      while (view[queued] === 0 && view[left] !== 0) changed.wait(mutex)
      if (view[queued] === 0) break
      view[queued] = (view[queued] as number) - 1
      took++
      changed.broadcast()
    }
  }
  return cpus > 0 ? took : 0
}

/** Everybody wants it done; returns whether it was done here, and is done when `run` returns. */
export function runOnce(_cpu: number, _cpus: number, { memory }: ClassesArg): [boolean, boolean] {
  const view = new Int32Array(memory)
  const once = new Once(memory, AT.once)
  const here = once.run(() => {
    const mutex = new Mutex(memory, AT.mutex)
    mutex.run(() => Atomics.wait(view, AT.values + 9, 0, 5))
    view[AT.values] = 42
  })
  return [here, view[AT.values] === 42 && once.done]
}

/** Units go round; at most two are inside. Returns the largest number seen inside. */
export function twoInside(_cpu: number, _cpus: number, { memory, rounds }: ClassesArg): number {
  const view = new Int32Array(memory)
  const semaphore = new Semaphore(memory, AT.semaphore)
  let most = 0
  for (let i = 0; i < rounds; i++) {
    semaphore.acquire()
    most = Math.max(most, Atomics.add(view, AT.values, 1) + 1)
    Atomics.sub(view, AT.values, 1)
    semaphore.release()
  }
  return most
}

/** Readers of an SRCU domain against an updater, as in the sync tests. Returns freed elements seen. */
export function srcuClass(cpu: number, cpus: number, { memory, rounds }: ClassesArg): number {
  const view = new Int32Array(memory)
  const srcu = new Srcu(memory, AT.srcu)
  const [current, stop, elements] = [AT.values, AT.values + 1, AT.values + 2]
  if (cpu === 0) {
    Atomics.store(view, elements, 1)
    new Barrier(memory, AT.barrier).wait()
    for (let i = 1; i <= rounds; i++) {
      const old = Atomics.load(view, current)
      const next = (old + 1) % 4
      Atomics.store(view, elements + next, 1)
      Atomics.store(view, current, next)
      srcu.synchronize()
      Atomics.store(view, elements + old, 0)
    }
    Atomics.store(view, stop, 1)
    return 0
  }
  new Barrier(memory, AT.barrier).wait()
  let freed = cpus < 0 ? 1 : 0
  while (Atomics.load(view, stop) === 0) {
    const idx = srcu.lock()
    const element = elements + Atomics.load(view, current)
    for (let polls = 0; polls < 20; polls++) if (Atomics.load(view, element) === 0) freed++
    srcu.unlock(idx)
  }
  return freed
}

/** Holds the mutex, says so, and gives it back when told. For asynchronous waiters on the main thread. */
export function holdUntilTold(_cpu: number, _cpus: number, { memory }: ClassesArg): void {
  const mutex = new Mutex(memory, AT.mutex)
  mutex.lock()
  new Completion(memory, AT.completion).complete()
  new Semaphore(memory, AT.semaphore).acquire()
  mutex.unlock()
}

/** Takes and gives the mutex, and leaves it to others now and then. */
export function churn(_cpu: number, _cpus: number, { memory, rounds }: ClassesArg): void {
  const view = new Int32Array(memory)
  const mutex = new Mutex(memory, AT.mutex)
  new Barrier(memory, AT.barrier).wait()
  for (let i = 0; i < rounds; i++) {
    mutex.run(() => {
      view[AT.values] = (view[AT.values] as number) + 1
    })
  }
}

/** Half of the threads send, half receive; the last sender closes. Returns the sum of what was received. */
export function pipe(cpu: number, cpus: number, { memory, rounds }: ClassesArg): number {
  const jobs = new Channel(memory, AT.channel)
  const sent = new Latch(memory, AT.latch)
  let sum = 0
  if (cpu % 2 === 0) {
    for (let i = 1; i <= rounds; i++) if (i % 3 !== 0 || !jobs.sendFor(i, 60_000)) jobs.send(i)
    sent.arriveAndWait()
    jobs.close()
  } else for (const job of jobs) sum += job
  return cpus > 0 ? sum : 0
}

/** Readers add up two words that are always equal; each thread now and then upgrades and changes both. Returns what was torn. */
export function upgrade(cpu: number, _cpus: number, { memory, rounds }: ClassesArg): number {
  const view = new Int32Array(memory)
  const rw = new RwSem(memory, AT.rw)
  const lock = new ReentrantMutex(memory, AT.reentrant)
  let torn = 0
  for (let i = 0; i < rounds; i++) {
    rw.runRead(() => {
      if (view[AT.values] !== view[AT.values + 1]) torn++
    })
    if (i % 4 !== cpu % 4) continue
    using guard = rw.holdUpgradeable()
    const before = view[AT.values] as number
    if (i % 8 < 4) rw.upgrade()
    else if (!rw.upgradeFor(60_000)) torn++
    if (view[AT.values] !== before) torn++
    view[AT.values] = before + 1
    view[AT.values + 1] = before + 1
    lock.run(() =>
      lock.run(() => {
        view[AT.values + 2] = (view[AT.values + 2] as number) + 1
      }),
    )
    guard.release()
  }
  return torn
}

/** Meets the others round by round; gives up early at times, and then comes again. Returns how often it passed. */
export function meet(_cpu: number, _cpus: number, { memory, rounds }: ClassesArg): number {
  const barrier = new Barrier(memory, AT.barrier)
  let passed = 0
  for (let round = 0; round < rounds; round++) {
    for (let ms = 0; !barrier.waitFor(ms); ms = ms === 0 ? 0.05 : ms * 2);
    passed++
  }
  return passed
}
