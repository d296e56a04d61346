/** Robust locks: workers that end while they hold them, in every way in which a worker can end; and workers that only seem to. */
import { Worker } from 'node:worker_threads'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { Condition, layout, RwSem } from '#lockstorm/sync/classes/index'
import {
  OwnerDiedError,
  RobustMutex,
  RobustRwSem,
  Threads,
  UnrecoverableError,
} from '#lockstorm/sync/classes/robust/index'
import { bodyModule } from '../setup/bodies.ts'

const OWNER = bodyModule('robust_owner')
const { robust } = (await import(String(OWNER))) as typeof import('../bodies/robust_owner.ts')
type Made = ReturnType<typeof robust.create>
const workers: Worker[] = []
afterEach(async () => {
  await Promise.all(workers.splice(0).map(async (worker) => worker.terminate()))
})

/** Starts a worker that takes a lock; returns when it has it. */
async function holder(
  hold: string,
  ends: string,
): Promise<{ made: Made; worker: Worker; exited: Promise<unknown>; repairs: () => number }> {
  const made = robust.create()
  let repairs = 0
  made.lock.repair = made.sem.repair = () => {
    repairs++
  }
  const worker = new Worker(OWNER, {
    workerData: { memory: made.memory, hold, ends },
  })
  workers.push(worker)
  worker.on('error', () => {})
  // From the beginning: it may have ended before anybody reads what it said.
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  while (Atomics.load(made.said, 0) === 0) await pause(5)
  return { made, worker, exited, repairs: () => repairs }
}

test.each(['return', 'throw', 'exit', 'wait', 'spin', 'idle'])(
  'a worker that ends by %s while it holds a mutex: the next one has it and repairs',
  async (ends) => {
    const { made, worker, repairs } = await holder('lock', ends)
    if (['wait', 'spin', 'idle'].includes(ends)) void worker.terminate()
    made.lock.lock()
    expect([made.lock.isHeldByMe, repairs()]).toEqual([true, 1])
    made.lock.unlock()
    expect(await made.lock.runAsync(() => repairs())).toBe(1)
  },
)

test.each([
  ['read', 'lockWrite', 0],
  ['write', 'lockRead', 1],
  ['write', 'lockWrite', 1],
  ['write', 'lockUpgradeable', 1],
  ['upgradeable', 'lockWrite', 0],
  ['upgraded', 'lockRead', 1],
] as const)(
  'a worker is terminated that holds a semaphore (%s): %s gets it',
  async (hold, want, repaired) => {
    const { made, worker, repairs } = await holder(hold, 'spin')
    void worker.terminate()
    made.sem[want]()
    expect(repairs()).toBe(repaired)
    expect(made.sem.isWriteHeldByMe).toBe(want === 'lockWrite')
    if (want === 'lockWrite') made.sem.unlockWrite()
    else if (want === 'lockRead') made.sem.unlockRead()
    else made.sem.unlockUpgradeable()
    expect(made.sem.tryLockWrite()).toBe(true)
  },
)

test.each([
  ['read', 'lockWriteAsync'],
  ['write', 'lockReadAsync'],
  ['upgradeable', 'lockUpgradeableAsync'],
] as const)('without blocking: %s, %s', async (hold, want) => {
  const { made, worker } = await holder(hold, 'wait')
  void worker.terminate()
  const guard = await made.sem[want]()
  guard.release()
  expect(made.sem.tryLockWrite()).toBe(true)
})

test('the mutex of a condition is repaired if its owner ends during the wait', async () => {
  const made = robust.create()
  const changed = new Condition(made.memory, robust.places.data)
  let repairs = 0
  made.lock.repair = () => {
    repairs++
  }
  const guard = await made.lock.lockAsync()
  const wait = changed.waitAsync(made.lock)
  const worker = new Worker(OWNER, { workerData: { memory: made.memory, hold: 'lock', ends: 'return' } })
  await new Promise((resolve) => worker.once('exit', resolve))
  changed.broadcast()
  await wait
  expect([made.lock.isHeldByMe, repairs]).toEqual([true, 1])
  expect(changed.waitFor(made.lock, 1)).toBe(false)
  guard.release()
  expect(made.lock.locked).toBe(false)
})

test('one that ends as a waiter leaves nothing behind', async () => {
  const made = robust.create()
  made.lock.lock()
  const worker = new Worker(OWNER, {
    workerData: { memory: made.memory, hold: 'waits', ends: 'idle' },
  })
  while (Atomics.load(made.said, 0) === 0) await pause(5)
  await pause(20)
  await worker.terminate()
  made.lock.unlock()
  expect(made.lock.lockFor(5000)).toBe(true)
})

test('a worker that computes, sleeps or waits keeps its lock however long others wait', async () => {
  for (const ends of ['spin', 'wait', 'idle']) {
    const { made, repairs } = await holder('all', ends)
    expect([made.lock.lockFor(150), made.sem.lockReadFor(150), made.sem.lockWriteFor(150)]).toEqual([
      false,
      false,
      false,
    ])
    await expect(made.lock.lockAsync({ timeoutMs: 150 })).rejects.toThrow('150 ms have passed')
    expect([repairs(), made.threads.count()]).toEqual([0, 2])
  }
})

test('who cannot repair gives the lock up for everybody', async () => {
  const { made, worker } = await holder('all', 'wait')
  await worker.terminate()
  made.lock.repair = undefined
  made.sem.repair = () => {
    throw new RangeError('too much is lost')
  }
  expect(() => made.lock.lock()).toThrow(OwnerDiedError)
  expect(() => made.lock.lock()).toThrow(UnrecoverableError)
  expect(() => made.lock.tryLock()).toThrow(UnrecoverableError)
  await expect(made.lock.lockAsync()).rejects.toThrow(UnrecoverableError)
  expect(() => made.sem.lockRead()).toThrow('too much is lost')
  expect(() => made.sem.lockRead()).toThrow(UnrecoverableError)
  expect(() => made.sem.lockWriteFor(10)).toThrow(UnrecoverableError)
  await expect(made.sem.lockReadAsync()).rejects.toThrow(UnrecoverableError)
  expect([made.lock.isUnrecoverable, made.sem.isUnrecoverable]).toEqual([true, true])
})

test('places of threads that have ended are taken again; more threads than places are refused', async () => {
  const shared = layout({ threads: Threads.of(1), lock: RobustMutex, sem: RobustRwSem.of(1) })
  const made = shared.create()
  made.lock.run(() => 0)
  expect(made.threads.count()).toBe(1)
  for (let i = 0; i < 6; i++) {
    const { made: four, exited } = await holder('read', 'return')
    await exited
    expect(four.sem.lockWriteFor(5000)).toBe(true)
    four.sem.unlockWrite()
  }
})

test('robust locks refuse what plain ones refuse', () => {
  const { lock, sem } = robust.create()
  const guard = lock.hold()
  expect(() => lock.lock()).toThrow('RobustMutex.lock: this thread holds')
  guard.release()
  expect(() => lock.unlock()).toThrow('is not held by this thread')
  sem.lockRead()
  sem.lockRead()
  expect(() => sem.lockWrite()).toThrow('RobustRwSem.lockWrite: this thread holds')
  sem.unlockRead()
  sem.unlockRead()
  expect(() => sem.unlockRead()).toThrow('RobustRwSem.unlockRead')
  expect(() => sem.unlockWrite()).toThrow('RobustRwSem.unlockWrite')
  const memory = new SharedArrayBuffer(4096)
  expect(() => new RobustMutex(memory, 0).lock()).toThrow('a robust lock needs a Threads in its memory')
  void new Threads(memory, 16, 2)
  expect(() => new Threads(memory, 64, 2)).toThrow('a memory must have one only')
  expect(() => RobustRwSem.init(memory, 128, 3).lockRead()).toThrow('must be for as many as the Threads: 2')
  expect(() => new RobustRwSem(memory, 512, 2).lockRead()).toThrow('was never made')
})

test('readers, the upgradeable one and writers of one thread', async () => {
  const { sem } = robust.create()
  sem.lockUpgradeable()
  expect([sem.isUpgradeableByMe, sem.tryLockRead(), sem.isWriteHeldByMe]).toEqual([true, true, false])
  sem.unlockRead()
  expect(sem.upgradeFor(5)).toBe(true)
  sem.downgrade()
  expect([sem.isReadHeldByMe, sem.isUpgradeableByMe]).toEqual([true, false])
  sem.unlockRead()
  const guard = await sem.lockUpgradeableAsync()
  await sem.upgradeAsync({ timeoutMs: 50 })
  expect(sem.isWriteHeldByMe).toBe(true)
  guard.release()
  expect(sem.runWrite(() => 3) + sem.runRead(() => 4)).toBe(7)
  const reads = Array.from({ length: 14 }, () => sem.holdRead())
  expect(() => sem.lockRead()).toThrow(RangeError)
  for (const read of reads) read.release()
  expect(sem.tryLockWrite()).toBe(true)
})

test.each(['RwSem', 'RobustRwSem'] as const)(
  '%s: a thread that is inside gets false in finite time, and with Infinity an error',
  (kind) => {
    const made = layout({ threads: Threads.of(2), RwSem, RobustRwSem: RobustRwSem.of(2) }).create()
    const sem = made[kind]
    sem.lockWrite()
    for (const method of ['lockReadFor', 'lockWriteFor', 'lockUpgradeableFor'] as const) {
      expect([method, sem[method](0), sem[method](1)]).toEqual([method, false, false])
      expect(() => sem[method](Infinity)).toThrow(`${kind}.${method}: this thread holds`)
    }
    expect(sem.isWriteHeldByMe).toBe(true)
    sem.unlockWrite()
  },
)

test.each(['RwSem', 'RobustRwSem'] as const)(
  '%s: an upgrade does not wait behind those of its thread that wait for it',
  async (kind) => {
    const made = layout({ threads: Threads.of(2), RwSem, RobustRwSem: RobustRwSem.of(2) }).create()
    const sem = made[kind]
    const guard = await sem.lockUpgradeableAsync()
    const writes = sem.lockWriteAsync()
    await sem.upgradeAsync({ timeoutMs: 5_000 })
    expect(sem.isWriteHeldByMe).toBe(true)
    guard.release()
    ;(await writes).release()
  },
)
