/**
 * What the public-domain tests of java.util.concurrent (JSR-166 TCK) ask of a primitive and no other test here does; and the page
 * that says of each of their cases where it is asked. Written from what the cases are about, none of their code.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  Barrier,
  Channel,
  Condition,
  Latch,
  Mutex,
  ReentrantMutex,
  RwSem,
  Semaphore,
} from '#lockstorm/sync/classes/index'

const memory = (): SharedArrayBuffer => new SharedArrayBuffer(4096)
const MS = 20

/** Runs it and returns how long that took, and what it returned. */
function timed<T>(run: () => T): [ms: number, result: T] {
  const start = performance.now()
  const result = run()
  return [performance.now() - start, result]
}

/** A wait that ends because its time is up took that long, clocks being what they are. */
function endsInTime(wait: () => boolean): void {
  const [ms, got] = timed(wait)
  expect(got).toBe(false)
  expect(ms).toBeGreaterThan(MS - 2)
}

describe('Semaphore', () => {
  test('units are those of init, from 0 on; fewer are refused', () => {
    for (const units of [0, 1, 42]) expect(Semaphore.init(memory(), 0, units).units).toBe(units)
    expect(() => Semaphore.init(memory(), 0, -1)).toThrow(RangeError)
  })

  test('a try takes one or several if they are there, else none', () => {
    const sem = Semaphore.init(memory(), 0, 2)
    expect([sem.tryAcquire(3), sem.units]).toEqual([false, 2])
    expect([sem.tryAcquire(2), sem.units]).toEqual([true, 0])
    expect([sem.tryAcquire(), sem.tryAcquire(2), sem.units]).toEqual([false, false, 0])
  })

  test('a timed wait for one or several ends in time, and takes none', () => {
    const sem = Semaphore.init(memory(), 0, 2)
    endsInTime(() => sem.acquireFor(MS, 3))
    expect(sem.units).toBe(2)
    sem.acquire(2)
    endsInTime(() => sem.acquireFor(MS))
  })

  test('units that were given are there to be taken, in every way', () => {
    const sem = Semaphore.init(memory(), 0, 1)
    for (let n = 1; n < 6; n++) {
      for (const take of [() => sem.acquire(n), () => sem.tryAcquire(n), () => sem.acquireFor(1000, n)]) {
        sem.release(n)
        expect(sem.units).toBe(n + 1)
        take()
        expect(sem.units).toBe(1)
      }
    }
  })

  test('a negative number of units is refused', () => {
    const sem = Semaphore.init(memory(), 0, 10)
    expect(() => sem.release(-1)).toThrow(RangeError)
    expect(() => sem.acquire(0)).toThrow(RangeError)
    expect(sem.units).toBe(10)
  })

  test('short waits do not lose units', () => {
    const sem = Semaphore.init(memory(), 0, 0)
    for (let i = 0; i < 50; i++) expect(sem.acquireFor(0.001)).toBe(false)
    sem.release(3)
    expect([sem.acquireFor(0.001), sem.units]).toEqual([true, 2])
  })
})

describe('Latch', () => {
  test('a negative count is refused; the count goes down, and not below 0', () => {
    expect(() => Latch.init(memory(), 0, -1)).toThrow(RangeError)
    const latch = Latch.init(memory(), 0, 2)
    latch.countDown()
    expect(latch.count).toBe(1)
    latch.countDown()
    expect(() => latch.countDown()).toThrow(RangeError)
    expect(latch.count).toBe(0)
  })

  test('a timed wait ends in time if it is not open, at once if it is', () => {
    const latch = Latch.init(memory(), 0, 1)
    endsInTime(() => latch.waitFor(MS))
    expect(latch.count).toBe(1)
    latch.countDown()
    expect(latch.waitFor(1000)).toBe(true)
  })
})

describe('Barrier', () => {
  test('a negative number of parties is refused; of one, nobody waits', () => {
    expect(() => Barrier.init(memory(), 0, -1)).toThrow(RangeError)
    const barrier = Barrier.init(memory(), 0, 1)
    expect([barrier.wait(), barrier.wait(), barrier.waitFor(1)]).toEqual([true, true, true])
  })

  test('two meet again and again, and a wait that gave up does not count', async () => {
    const barrier = Barrier.init(memory(), 0, 2)
    endsInTime(() => barrier.waitFor(MS))
    for (let i = 0; i < 4; i++) {
      const both = await Promise.all([barrier.waitAsync(), barrier.waitAsync()])
      expect(both.filter(Boolean)).toEqual([true])
    }
  })
})

describe('locks', () => {
  test('a lock that is taken again is held as often, and is free in the end', () => {
    const lock = new ReentrantMutex(memory(), 0)
    expect([lock.locked, lock.depth]).toEqual([false, 0])
    for (let i = 1; i <= 20; i++) {
      const got = i % 2 === 0 ? lock.lockFor(1) : lock.tryLock()
      expect(got).toBe(true)
      expect([lock.locked, lock.depth, lock.isHeldByMe]).toEqual([true, i, true])
    }
    for (let i = 20; i > 0; i--) {
      expect(lock.depth).toBe(i)
      lock.unlock()
    }
    expect([lock.locked, lock.depth]).toEqual([false, 0])
    expect(() => lock.unlock()).toThrow('is not held by this thread')
  })

  test('readers share, exclude a writer, and the writer excludes them', () => {
    const sem = new RwSem(memory(), 0)
    sem.lockRead()
    expect([sem.tryLockRead(), sem.tryLockWrite(), sem.isReadHeldByMe]).toEqual([true, false, true])
    endsInTime(() => sem.lockWriteFor(MS))
    sem.unlockRead()
    sem.unlockRead()
    expect(() => sem.unlockRead()).toThrow('is not held')
    sem.lockWrite()
    expect([sem.tryLockRead(), sem.tryLockWrite(), sem.isWriteHeldByMe]).toEqual([false, false, true])
    endsInTime(() => sem.lockReadFor(MS))
    sem.unlockWrite()
    expect(() => sem.unlockWrite()).toThrow('is not held')
  })

  test('a reader that comes after a writer that waits waits, too', async () => {
    const at = memory()
    const sem = new RwSem(at, 0)
    // As a writer that is announced has it: see rw_word.ts.
    Atomics.or(sem.view, 0, 2)
    expect(sem.tryLockRead()).toBe(false)
    const late = sem.lockReadAsync({ timeoutMs: MS })
    await expect(late).rejects.toThrow('ms have passed')
    Atomics.and(sem.view, 0, ~2)
    expect(sem.tryLockRead()).toBe(true)
  })
})

describe('Condition', () => {
  test('a timed wait ends in time with the mutex held; one that is not held is refused', () => {
    const at = memory()
    const [lock, changed] = [new Mutex(at, 0), new Condition(at, 16)]
    expect(() => changed.wait(lock)).toThrow('is not held by this thread')
    expect(() => changed.waitFor(lock, 1)).toThrow('is not held by this thread')
    lock.lock()
    endsInTime(() => changed.waitFor(lock, MS))
    endsInTime(() => changed.waitUntil(lock, () => false, MS))
    expect(lock.isHeldByMe).toBe(true)
    lock.unlock()
  })

  test('a broadcast ends the waits of all, a signal without anybody is lost', async () => {
    const at = memory()
    const [lock, changed] = [new Mutex(at, 0), new Condition(at, 16)]
    changed.signal()
    let woken = 0
    const wait = async (): Promise<void> => {
      using _ = await lock.lockAsync()
      await changed.waitAsync(lock)
      expect(lock.isHeldByMe).toBe(true)
      woken++
    }
    const waits = [wait(), wait()]
    while (changed.view[changed.address + 2] === 0) await new Promise((done) => setTimeout(done, 1))
    await lock.runAsync(() => {
      expect(woken).toBe(0)
      changed.broadcast()
    })
    await Promise.all(waits)
    expect(woken).toBe(2)
  })

  test('a mutex that is held twice is refused: it would not be free', () => {
    const at = memory()
    const [lock, changed] = [new ReentrantMutex(at, 0), new Condition(at, 16)]
    lock.lock()
    lock.lock()
    expect(() => changed.waitFor(lock, 1)).toThrow('held more than once')
    expect(lock.depth).toBe(2)
  })
})

describe('Channel', () => {
  test('a capacity below 1 is refused; it is empty, then full', () => {
    for (const capacity of [0, -1]) expect(() => Channel.init(memory(), 0, capacity)).toThrow(RangeError)
    const jobs = Channel.init(memory(), 0, 2)
    expect([jobs.capacity, jobs.length, jobs.tryReceive()]).toEqual([2, 0, undefined])
    expect([jobs.trySend(1), jobs.trySend(2), jobs.trySend(3), jobs.length]).toEqual([true, true, false, 2])
  })

  test('elements come out in order, however often the slots were used', () => {
    const jobs = Channel.init(memory(), 0, 5)
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 4; i++) jobs.send(round + i)
      expect(Array.from({ length: 4 }, () => jobs.receiveFor(1000))).toEqual(
        [0, 1, 2, 3].map((i) => round + i),
      )
    }
    expect(jobs.length).toBe(0)
  })

  test('timed waits for room and for an element end in time', () => {
    const jobs = Channel.init(memory(), 0, 1)
    endsInTime(() => jobs.receiveFor(MS) !== undefined)
    expect(jobs.receiveFor(0)).toBe(undefined)
    jobs.send(1)
    endsInTime(() => jobs.sendFor(2, MS))
    expect([jobs.receiveFor(0), jobs.length]).toEqual([1, 0])
  })

  test('what is no element is refused at once, also where it would have to wait', () => {
    const jobs = Channel.init(memory(), 0, 1)
    jobs.send(1)
    for (const send of [
      (it: never) => jobs.send(it),
      (it: never) => jobs.trySend(it),
      (it: never) => jobs.sendFor(it, 1e6),
    ]) {
      expect(() => send(null as never)).toThrow(TypeError)
      expect(() => send(0.5 as never)).toThrow(RangeError)
    }
    expect(jobs.length).toBe(1)
  })

  test('an iteration takes what is there, in order, and ends when it is closed', () => {
    const jobs = Channel.init(memory(), 0, 3)
    for (const one of [3, 1, 2]) jobs.send(one)
    jobs.close()
    expect([...jobs]).toEqual([3, 1, 2])
    expect([...jobs]).toEqual([])
  })
})

test('the page names tests that there are', () => {
  const root = resolve(import.meta.dirname, '../..')
  const page = readFileSync(join(root, 'docs/tck.md'), 'utf8')
  const named = [...page.matchAll(/`([\w/]+\.test\.ts)`: “([^”]+)”/g)]
  expect(named.length).toBeGreaterThan(40)
  const missing = named.filter(([, file = '', title = '']) => {
    const path = join(root, 'test/sync', file)
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(title.trim())
  })
  expect(missing.map(([text]) => text)).toEqual([])
})
