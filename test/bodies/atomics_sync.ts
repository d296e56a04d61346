/**
 * The locks of the npm package atomics-sync in the shape of lock_members.ts, where it is installed; and bodies for what its other
 * classes promise.
 */
import { fetch_add, memory, read, smp_processor_id, WRITE_ONCE } from '#access'
import { ETIME } from '../../src/base/errno.ts'
import { BLOCKED_MUTEX, clear_blocked, set_blocked } from '../../src/mem/task.ts'
import type { LockMember } from './lock_members.ts'
import { await_blocked, await_stage, nap, reach } from './sync_stage.ts'

type Words = Int32Array
interface Exclusive {
  lock(lock: Words, thread: number): void
  tryLock(lock: Words, thread: number): boolean
  unlock(lock: Words, thread: number): void
  timedLock?(lock: Words, thread: number, atMs: number): boolean
}
interface Library {
  readonly Mutex: Exclusive
  readonly SpinLock: Exclusive
  readonly Semaphore: {
    wait(s: Words): void
    tryWait(s: Words): boolean
    timedWait(s: Words, atMs: number): boolean
    post(s: Words): void
  }
  readonly Once: { execute(o: Words, fn: () => void): void }
}

const name = 'atomics-sync'
const library = await (import(name) as Promise<Library>).catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
})

const words = (at: number): Words => memory().subarray(at, at + 2)
const me = (): number => smp_processor_id() + 1
const deadline = (ns: number): number => Date.now() + ns / 1e6
const orTime = (got: boolean): number => (got ? 0 : -ETIME)

/** Waits under the eyes of the contract, which asks our tasks who is blocked. */
function blocked(at: number, wait: () => void): void {
  set_blocked(at, BLOCKED_MUTEX)
  wait()
  clear_blocked()
}

function exclusive(lock: Exclusive): LockMember {
  return {
    words: 2,
    init: () => {},
    lock: (l) => blocked(l, () => lock.lock(words(l), me())),
    tryLock: (l) => lock.tryLock(words(l), me()),
    unlock: (l) => lock.unlock(words(l), me()),
    ...('timedLock' in lock && {
      lockFor: (l: number, ns: number) => orTime(lock.timedLock?.(words(l), me(), deadline(ns)) ?? true),
    }),
  }
}

function semaphore({ Semaphore }: Library): LockMember {
  return {
    words: 1,
    init: (l) => WRITE_ONCE(l, 1),
    lock: (l) => blocked(l, () => Semaphore.wait(words(l))),
    tryLock: (l) => Semaphore.tryWait(words(l)),
    unlock: (l) => Semaphore.post(words(l)),
    lockFor: (l, ns) => orTime(Semaphore.timedWait(words(l), deadline(ns))),
  }
}

/** Empty where it is not installed. */
export const atomicsSyncMembers: Readonly<Record<string, LockMember>> =
  library === undefined
    ? {}
    : {
        'atomics-sync Mutex': exclusive(library.Mutex),
        'atomics-sync SpinLock': exclusive(library.SpinLock),
        'atomics-sync Semaphore': semaphore(library),
      }

/** Where the bodies below meet. */
interface Place {
  readonly lock: number
  readonly counter: number
  readonly stage: number
}

/** All others sleep in a semaphore without units; CPU 0 gives one unit for each, one after the other. */
export function manyPosts(cpu: number, cpus: number, { lock }: Place): boolean {
  const { Semaphore } = library as Library
  if (cpu > 0) {
    blocked(lock, () => Semaphore.wait(words(lock)))
    return true
  }
  for (let other = 1; other < cpus; other++) await_blocked(other)
  for (let i = 0; i < 10; i++) nap()
  for (let other = 1; other < cpus; other++) Semaphore.post(words(lock))
  return true
}

/** CPU 0 runs the function and is in the middle of it while CPU 1 asks for it. Returns whether it was done when the call was over. */
export function onceInProgress(cpu: number, _cpus: number, { lock, counter, stage }: Place): boolean {
  const { Once } = library as Library
  if (cpu > 0) {
    await_stage(stage, 1)
    // A caller that waits, as it must, lets CPU 0 go on from inside.
    Once.execute(words(lock), () => {})
    const done = read(counter) === 1
    reach(stage, 2)
    return done
  }
  Once.execute(words(lock), () => {
    reach(stage, 1)
    for (let i = 0; i < 10_000 && read(stage) < 2; i++) nap()
    fetch_add(counter, 1)
  })
  return read(counter) === 1
}
