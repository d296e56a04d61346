/** What the README of the npm package multithreading says of its primitives, asked of the classes through its own interface. */
import { expect, test } from 'vitest'
import {
  Barrier,
  Channel,
  Condition,
  Mutex,
  RwSem,
  Semaphore,
  type Guard,
} from '#lockstorm/sync/classes/index'

const memory = (): SharedArrayBuffer => new SharedArrayBuffer(256)
const turn = async (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0))

interface Theirs extends Disposable {
  dispose(): void
}
const theirs = (guard: Guard): Theirs => ({
  dispose() {
    guard.release()
  },
  [Symbol.dispose]() {
    guard.release()
  },
})

const mutexOf = (lock: Mutex) => ({
  lock: async () => theirs(await lock.lockAsync()),
  tryLock: () => lock.tryLock(),
  blockingLock: () => theirs(lock.hold()),
})
const rwLockOf = (sem: RwSem) => ({
  read: async () => theirs(await sem.lockReadAsync()),
  write: async () => theirs(await sem.lockWriteAsync()),
})
const semaphoreOf = (units: Semaphore) => ({
  acquire: async (amount: number = 1) => theirs(await units.acquireAsync({ units: amount })),
  tryAcquire(amount: number = 1) {
    const guard = units.tryHold(amount)
    return guard === undefined ? null : theirs(guard)
  },
})

/** Says whether a promise has been settled so far. */
const watched = <T>(promise: Promise<T>): { readonly promise: Promise<T>; settled: boolean } => {
  const seen = { promise, settled: false }
  void promise.then(() => (seen.settled = true))
  return seen
}

test('a Mutex has one owner; its guard gives it back at the end of the scope, or by dispose', async () => {
  const mutex = mutexOf(new Mutex(memory(), 0))
  let inside = 0
  const task = async (): Promise<void> => {
    using _ = await mutex.lock()
    expect(inside++).toBe(0)
    await turn()
    inside--
  }
  await Promise.all([task(), task(), task(), task()])
  const guard = mutex.blockingLock()
  expect(mutex.tryLock()).toBe(false)
  guard.dispose()
  expect(mutex.tryLock()).toBe(true)
})

test('an RwLock has many readers at a time, or one writer', async () => {
  const lock = rwLockOf(new RwSem(memory(), 0))
  const readers = [await lock.read(), await lock.read(), await lock.read()]
  const writer = watched(lock.write())
  for (const reader of readers) {
    await turn()
    expect(writer.settled).toBe(false)
    reader.dispose()
  }
  const writing = await writer.promise
  const late = watched(lock.read())
  await turn()
  expect(late.settled).toBe(false)
  writing.dispose()
  ;(await late.promise).dispose()
})

test('a Semaphore has as many owners as permits, which can be had several at once', async () => {
  const semaphore = semaphoreOf(Semaphore.init(memory(), 0, 3))
  let inside = 0
  let most = 0
  const task = async (): Promise<void> => {
    using _ = await semaphore.acquire()
    most = Math.max(most, ++inside)
    await turn()
    inside--
  }
  await Promise.all(Array.from({ length: 10 }, task))
  expect(most).toBe(3)
  const two = await semaphore.acquire(2)
  expect(semaphore.tryAcquire(2)).toBeNull()
  two.dispose()
  expect(semaphore.tryAcquire(2)).not.toBeNull()
})

test('a Condvar gives the mutex back, waits to be notified, and takes the mutex again', async () => {
  const shared = memory()
  const lock = new Mutex(shared, 0)
  const changed = new Condition(shared, 16)
  const box = { value: 0 }
  const waiter = async (): Promise<void> => {
    using _ = await lock.lockAsync()
    while (box.value === 0) await changed.waitAsync(lock)
    expect(lock.isHeldByMe).toBe(true)
  }
  const all = Promise.all([waiter(), waiter(), waiter()])
  await turn()
  {
    using _ = await lock.lockAsync()
    box.value = 1
    changed.broadcast()
  }
  await all
})

test('a Barrier lets all go when the last one is there, again and again, and one of them is the leader', async () => {
  const PARTIES = 4
  const barrier = Barrier.init(memory(), 0, PARTIES)
  const arrived = [0, 0, 0]
  const leaders = [0, 0, 0]
  const task = async (): Promise<void> => {
    for (const phase of arrived.keys()) {
      arrived[phase]!++
      if (await barrier.waitAsync()) leaders[phase]!++
      expect(arrived[phase]).toBe(PARTIES)
    }
  }
  await Promise.all(Array.from({ length: PARTIES }, task))
  expect(leaders).toEqual([1, 1, 1])
})

test('a channel has senders wait while it is full and receivers while it is empty; one of them gets each message', async () => {
  const shared = memory()
  const jobs = Channel.init(shared, 0, 2)
  const got: number[] = []
  const receiver = async (): Promise<void> => {
    for await (const job of new Channel(shared, 0)) got.push(job)
  }
  const receivers = [watched(receiver()), watched(receiver())]
  await turn()
  expect(receivers.some(({ settled }) => settled)).toBe(false)
  for (let job = 1; job <= 20; job++) await jobs.sendAsync(job)
  jobs.close()
  await Promise.all(receivers.map(({ promise }) => promise))
  expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))

  const full = Channel.init(memory(), 0, 1)
  await full.sendAsync(1)
  const second = watched(full.sendAsync(2))
  await turn()
  expect(second.settled).toBe(false)
  expect([await full.receiveAsync(), await full.receiveAsync()]).toEqual([1, 2])
  await second.promise
})
