import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Addr } from '#lockstorm/base/addr'
import { lock_hold_begin, lock_hold_init, LockHold, lockHolds } from '#lockstorm/debug/index'
import { native, setController } from '#lockstorm/mem/access.checked'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import * as sync from '#lockstorm/sync/index'
import { pairs } from '#lockstorm/sync/members/pairs'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'
import { newMutex } from './debug_fixture.js'

const TICK_NS = 100
const HOLD_NS = 5_000
const PLAN = [
  { lock: 'slow', ns: HOLD_NS },
  { lock: 'counted', ns: 0 },
]

let observer: LockHold
let slow: Addr<'mutex'>
let counted: Addr<'rw_semaphore'>
let other: Addr<'mutex'>
/** A clock that only its readers move, and whether `slow` was held at each reading. */
let clock = 0
let held: boolean[] = []

beforeEach(() => {
  createArena(1 << 22, 2)
  lock_hold_init(PLAN)
  observer = new LockHold(PLAN)
  installObserver(observer)
  slow = newMutex('slow')
  other = newMutex('other')
  counted = alloc_boot(sync.rw_semaphore.words) as Addr<'rw_semaphore'>
  sync.init_rwsem(counted, 'counted')
  clock = 0
  held = []
  setController({
    ...native,
    ktime_get_ns: () => {
      held.push(sync.mutex_is_locked(slow))
      return (clock += TICK_NS)
    },
  })
})
afterEach(() => {
  setController()
  removeObserver(observer)
})

test('the time passes once per acquisition, while the lock is held and before its user goes on', () => {
  lock_hold_begin()
  for (let i = 1; i <= 3; i++) {
    const before = clock
    sync.mutex_lock(slow)
    expect(clock - before).toBe(HOLD_NS + TICK_NS)
    sync.mutex_unlock(slow)
    expect(clock - before).toBe(HOLD_NS + TICK_NS)
    expect(lockHolds()).toEqual([i, 0])
  }
  expect(held).not.toContain(false)
})

test('a lock that was got by trying is held longer, one that was not got is not', () => {
  lock_hold_begin()
  expect(sync.mutex_trylock(slow)).toBe(true)
  expect(lockHolds()).toEqual([1, 0])
  const before = clock
  expect(sync.mutex_trylock(slow)).toBe(false)
  expect(clock).toBe(before)
  expect(sync.mutex_lock_timeout(slow, 1)).not.toBe(0)
  expect(lockHolds()).toEqual([1, 0])
  sync.mutex_unlock(slow)
  // What was not got is forgotten: a lock of another class at its address is none of the plan's.
  sync.mutex_init(slow, 'other')
  sync.mutex_lock(slow)
  expect(lockHolds()).toEqual([1, 0])
})

test('readers and writers count; a time of zero passes none', () => {
  lock_hold_begin()
  sync.down_read(counted)
  sync.down_read(counted)
  sync.up_read(counted)
  sync.up_read(counted)
  sync.down_write(counted)
  sync.up_write(counted)
  expect({ counts: lockHolds(), clock }).toEqual({ counts: [0, 3], clock: 0 })
})

test('locks of other classes, and all before the beginning, are not delayed', () => {
  sync.mutex_lock(slow)
  sync.mutex_unlock(slow)
  lock_hold_begin()
  sync.mutex_lock(other)
  sync.mutex_unlock(other)
  expect({ counts: lockHolds(), clock }).toEqual({ counts: [0, 0], clock: 0 })
  sync.mutex_lock(slow)
  sync.mutex_unlock(slow)
  lock_hold_begin()
  expect(lockHolds()).toEqual([0, 0])
})

test.each(pairs.filter(({ traced }) => traced))('$name is held longer', ({ words, init, bind }) => {
  const lock = alloc_boot(words)
  init(lock, 'slow', 1)
  const { enter, leave } = bind(lock)
  lock_hold_begin()
  enter()
  expect(lockHolds()).toEqual([1, 0])
  // One that has slices of its own reads the clock, too.
  expect(Math.floor(clock / HOLD_NS)).toBe(1)
  leave()
  expect(lockHolds()).toEqual([1, 0])
})

test.each(pairs.filter(({ traced }) => !traced))(
  '$name tells nobody that it is held',
  ({ words, init, bind }) => {
    const object = alloc_boot(words)
    init(object, 'slow', 1)
    const { enter, leave } = bind(object)
    lock_hold_begin()
    enter()
    leave()
    expect(lockHolds()).toEqual([0, 0])
  },
)
