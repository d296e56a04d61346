/** What the methods of the classes do for one thread alone: each is bound to the function that it names. */
import { beforeEach, expect, test } from 'vitest'
import { Completion, RwSem, Semaphore, Srcu } from '#lockstorm/sync/classes/index'

let memory: SharedArrayBuffer
beforeEach(() => {
  memory = new SharedArrayBuffer(4096)
})

test('a completion lets one pass per complete, all after completeAll, nobody after reset', () => {
  const it = new Completion(memory, 0)
  expect(it.tryWait()).toBe(false)
  it.complete()
  expect(it.done).toBe(true)
  expect([it.tryWait(), it.tryWait()]).toEqual([true, false])
  it.completeAll()
  expect([it.tryWait(), it.tryWait(), it.waitFor(1)]).toEqual([true, true, true])
  it.wait()
  it.reset()
  expect(it.done).toBe(false)
  expect(it.tryWait()).toBe(false)
})

test('a semaphore gives the units that it has, several at a time', () => {
  const it = Semaphore.init(memory, 0, 3)
  expect(it.tryAcquire(2)).toBe(true)
  expect(it.units).toBe(1)
  expect(it.tryAcquire(2)).toBe(false)
  expect(it.tryAcquire()).toBe(true)
  it.release(3)
  it.acquire(3)
  expect(it.units).toBe(0)
})

test('readers of an RwSem share it, its guards give back what they took', () => {
  const it = new RwSem(memory, 0)
  const reading = it.holdRead()
  expect(it.lockReadFor(1)).toBe(true)
  expect(it.tryLockWrite()).toBe(false)
  it.unlockRead()
  reading[Symbol.dispose]()
  const writing = it.holdWrite()
  expect(it.lockReadFor(1)).toBe(false)
  writing[Symbol.dispose]()
  expect(it.tryLockWrite()).toBe(true)
})

test('polling finds a grace period when the reader has left; a mere state asks for none', () => {
  const it = Srcu.init(memory, 0, 4)
  const idx = it.lock()
  const state = it.state()
  const cookie = it.startPoll()
  expect(it.poll(cookie)).toBe(false)
  it.unlock(idx)
  for (let polls = 0; polls < 100 && !it.poll(cookie); polls++);
  expect(it.poll(cookie)).toBe(true)
  expect(it.poll(state)).toBe(true)
  const later = it.state()
  expect(it.poll(later)).toBe(false)
  it.synchronize()
  expect(it.poll(later)).toBe(true)
})
